/** Every tool of `zerogpu mcp`, in the order in which they are used. */
import type { Tool } from '../tool.js';
import { advanceTool, callTool, faultTool, runTool, stopTool } from './change.js';
import { estimateTool } from './estimate.js';
import { checkTool, explainTool, logsTool, quotaTool, statusTool, waitTool } from './read.js';

export const TOOLS: readonly Tool[] = [
  checkTool,
  explainTool,
  estimateTool,
  runTool,
  statusTool,
  waitTool,
  callTool,
  quotaTool,
  faultTool,
  advanceTool,
  logsTool,
  stopTool,
];
