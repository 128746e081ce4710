"""Calls a tool as an MCP client: ADDRESS TOKEN TOOL NUMBER; prints what comes back."""

import asyncio
import sys

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client


async def main(address: str, token: str, tool: str, number: str) -> None:
    headers = {"authorization": f"Bearer {token}"}
    async with streamablehttp_client(address, headers=headers) as (read, write, _):
        async with ClientSession(read, write) as session:
            await session.initialize()
            answer = await session.call_tool(tool, {"number": float(number)})
            print(answer.content[0].text)


asyncio.run(main(*sys.argv[1:]))
