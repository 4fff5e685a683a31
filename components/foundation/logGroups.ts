/** Names of log groups that whoever makes them and whoever reads them must agree on. */

/** Of one of a stack's functions. */
export function functionLogs(stack: string, functionKey: "database-access" | "endpoint-release"): string {
  return `/aws/lambda/${stack}/${functionKey}`;
}

/** Of an endpoint of SageMaker, which writes to this one alone. */
export function endpointLogs(endpointName: string): string {
  return `/aws/sagemaker/Endpoints/${endpointName}`;
}

/** Of the failed runs of a stack's state machines. */
export function failedRunsLogs(stack: string): string {
  return `/aws/events/${stack}/failed-runs`;
}

/** With which the log groups begin that keep what a stack's pods write, one for each namespace. */
export function podLogsPrefix(stack: string): string {
  return `${stack}/pods/`;
}
