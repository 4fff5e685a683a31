/**
 * Name and tag of an image of the platform's own registry; none for a full name, whose first part is a host.
 * @param image such as `churn-training`, `churn-training:7` or `registry.example.com/churn:7`
 */
export function splitImage(image: string): { name: string; tag?: string } | undefined {
  const [first = "", ...rest] = image.split("/");
  if (rest.length > 0 && /[.:]/.test(first)) return undefined;
  if (image.includes("@")) return undefined;
  const at = image.indexOf(":");
  return at === -1 ? { name: image } : { name: image.slice(0, at), tag: image.slice(at + 1) };
}
