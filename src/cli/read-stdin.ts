/** All that stands on stdin. @throws what `tooLong` makes when it is more than `bytesMax` */
export async function readStdin(bytesMax: number, tooLong: () => Error): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLong();
  }
  return Buffer.concat(chunks);
}
