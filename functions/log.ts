/** One JSON object per line: what CloudWatch Logs Insights can query by field. Callers pass no secret. */
export function log(level: "info" | "warn" | "error", message: string, fields: Record<string, unknown> = {}): void {
  console.log(JSON.stringify({ level, message, ...fields }));
}
