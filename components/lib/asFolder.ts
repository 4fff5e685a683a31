/** A prefix of a bucket as people write it, with the slash at its end that policies and listings need. */
export const asFolder = (prefix: string) => prefix.replace(/\/?$/, "/");
