/** The TCP port of an address by http or https, which network policies have to be told. */
export function urlPort(address: string): number {
  const { protocol, port } = new URL(address);
  if (port !== "") return Number(port);
  return protocol === "https:" ? 443 : 80;
}
