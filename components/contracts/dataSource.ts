/** Data in a bucket that somebody else keeps; the platform reads them. */
export interface DataSource {
  /** In the stack's config. */
  name: string;
  bucket: string;
  /** With a slash at its end; absent: the whole bucket. */
  folder?: string;
  keyArn?: string;
  /** Glue database of the stack's account. */
  database?: string;
}

/** Such as `s3://example-company-lake/sales/orders/`. */
export const sourceUri = ({ bucket, folder = "" }: DataSource) => `s3://${bucket}/${folder}`;

/** Variable in which code finds the address, such as `SOURCE_SALES_LAKE` of `sales-lake`. */
const variable = ({ name }: DataSource) => `SOURCE_${name.replaceAll("-", "_").toUpperCase()}`;

/** Variables of whoever reads these sources. */
export const sourceVariables = (sources: readonly DataSource[] = []): Record<string, string> =>
  Object.fromEntries(sources.map((source) => [variable(source), sourceUri(source)]));

/** The same for a job of Glue, which has arguments: code reads `source_sales_lake`. */
export const sourceArguments = (sources: readonly DataSource[] = []): Record<string, string> =>
  Object.fromEntries(sources.map((source) => [`--source_${source.name.replaceAll("-", "_")}`, sourceUri(source)]));
