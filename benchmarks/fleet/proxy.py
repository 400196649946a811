"""A TCP proxy that cuts connections when told to: `python -m fleet.proxy PORT TARGET_PORT`.

Each line on its standard input is a part, 0 to 1: so many of the connections are cut, and their number is printed.
"""

import asyncio
import random
import sys

connections: set[asyncio.StreamWriter] = set()


async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()


async def serve(client: asyncio.StreamReader, back: asyncio.StreamWriter, port: int) -> None:
    connections.add(back)
    try:
        server, there = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        there = None
    try:
        if there is not None:
            tasks = [asyncio.ensure_future(forward(client, there)), asyncio.ensure_future(forward(server, back))]
            done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            await asyncio.gather(*done, *pending, return_exceptions=True)
    finally:
        connections.discard(back)
        for writer in filter(None, (back, there)):
            writer.transport.abort()


async def main(port: int, target: int) -> None:
    server = await asyncio.start_server(lambda reader, writer: serve(reader, writer, target), "127.0.0.1", port)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with server:
        while line := await lines.readline():
            victims = random.sample(sorted(connections, key=id), round(float(line) * len(connections)))
            for writer in victims:
                writer.transport.abort()
            print(len(victims), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
