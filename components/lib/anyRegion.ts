/** Region of S3 clients whose store has none: only signed with. */
export const anyRegion = "us-east-1";
