/** A call that deletes it, or what has to go before. */
export interface Deletion {
  service: string;
  operation: string;
  parameters: object;
  /** A call that has to answer with nothing in its list before: some deletions only begin when AWS accepts them. */
  after?: { service: string; operation: string; parameters: object; list: string };
}

/** Something of the stack that is still there. */
export interface Leftover {
  /** Such as `volume` or `log group`. */
  kind: string;
  /** By which AWS tells it from others. */
  id: string;
  /** What it is called, or what it was for. */
  about?: string;
  /** What is counted, in the unit of its price. */
  amount?: number;
  /** Its price, as `report/prices/` names it. */
  price?: string;
  /** Whether AWS bills nothing for it; without this and a price, what it costs is not known. */
  free?: true;
  /** Whether it may have been kept on purpose: it stays unless data is to be deleted too. */
  holdsData?: true;
  /** What deletes it, in this order; absent where a person decides. */
  deletions?: Deletion[];
  /** Why it stays, where nothing deletes it. */
  stays?: string;
}
