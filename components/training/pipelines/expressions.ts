/** The values of a state machine in the words of SageMaker Pipelines, so that jobs are defined once for both. */

/** A value that is known when the pipeline runs. */
export type PipelineValue = { Get: string } | { "Std:Join": { On: string; Values: unknown[] } };

const join = (Values: unknown[]): PipelineValue => ({ "Std:Join": { On: "", Values } });

/**
 * The same value with what Step Functions look up while they run in place of: fields `x.$` become fields `x`.
 * @param known from a path, such as `$.run`, to where the pipeline has it
 * @throws for what a pipeline cannot say: it would be noticed when the first one runs
 */
export function inPipeline(value: unknown, known: Record<string, PipelineValue>): unknown {
  if (Array.isArray(value)) return value.map((each) => inPipeline(each, known));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, nested]) =>
      key.endsWith(".$") ? [key.slice(0, -2), expression(String(nested), known)] : [key, inPipeline(nested, known)],
    ),
  );
}

/** One value that is looked up. @throws for what a pipeline cannot say */
export function expression(text: string, known: Record<string, PipelineValue>): PipelineValue {
  const found = known[text];
  if (found !== undefined) return found;
  const format = /^States\.Format\('([^']*)'((?:, [^,()]+)+)\)$/.exec(text);
  if (format === null) throw new Error(`a pipeline cannot say ${text}`);
  const paths = format[2]!.split(", ").slice(1);
  const parts = format[1]!.split("{}");
  if (parts.length !== paths.length + 1) throw new Error(`${text}: as many {} as values are needed`);
  return join(
    parts.flatMap((part, at) => [
      ...(part === "" ? [] : [part]),
      ...(at < paths.length ? [expression(paths[at]!, known)] : []),
    ]),
  );
}
