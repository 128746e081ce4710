export { type McpWorld, mcp, type RawMcpOptions } from './mcp.js';
