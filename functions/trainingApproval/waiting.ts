import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";

/** A run that waits for a decision, as the state machine has put it into the table. */
export interface Waiting {
  /** With which Step Functions is answered. */
  token: string;
  /** What it has been answered, if it has. */
  decided?: string;
}

const key = (modelPackageArn: string) => ({ id: { S: `approval#${modelPackageArn}` } });

/** The run that waits for this package; undefined where none does. */
export async function findWaiting(
  client: DynamoDBClient,
  tableName: string,
  modelPackageArn: string,
): Promise<Waiting | undefined> {
  const read = new GetItemCommand({ TableName: tableName, Key: key(modelPackageArn), ConsistentRead: true });
  const { Item } = await client.send(read);
  const token = Item?.token?.S;
  return token === undefined ? undefined : { token, decided: Item?.decided?.S };
}

/** Notes the answer, unless the run has gone on to wait with another token. */
export async function noteDecision(
  client: DynamoDBClient,
  tableName: string,
  modelPackageArn: string,
  token: string,
  decision: string,
): Promise<void> {
  const update = new UpdateItemCommand({
    TableName: tableName,
    Key: key(modelPackageArn),
    UpdateExpression: "SET decided = :decision",
    ConditionExpression: "#token = :token",
    ExpressionAttributeNames: { "#token": "token" },
    ExpressionAttributeValues: { ":decision": { S: decision }, ":token": { S: token } },
  });
  await client.send(update).catch((error: Error) => {
    if (error.name !== "ConditionalCheckFailedException") throw error;
  });
}
