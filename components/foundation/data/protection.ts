/** What happens to data when its resource leaves the program or the stack is destroyed. */
export interface DataProtection {
  /** True where data outlives the stack. */
  keep: boolean;
  /** For the resources that hold data, and for no others: a protected rule or alias only gets in the way. */
  options: { protect: boolean; retainOnDelete: boolean };
}

/** @param keep the stack's `foundation.dataProtection` */
export function dataProtection(keep: boolean): DataProtection {
  return { keep, options: { protect: keep, retainOnDelete: keep } };
}
