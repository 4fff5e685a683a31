import { DeleteItemCommand, type DynamoDBClient, GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";

const slots = { id: { S: "slots" } };

/** Gives back what stopped runs held: a model that comes back, and the other models, would wait for it until its time is up. */
export async function giveBack(
  client: DynamoDBClient,
  tableName: string,
  { machineArn, turns }: { machineArn: string; turns: string[] },
): Promise<void> {
  for (const turn of turns) {
    await client.send(new DeleteItemCommand({ TableName: tableName, Key: { id: { S: turn } } }));
  }
  const ofMachine = `${machineArn.replace(":stateMachine:", ":execution:")}:`;
  const { Item } = await client.send(new GetItemCommand({ TableName: tableName, Key: slots, ConsistentRead: true }));
  for (const run of Object.keys(Item?.held?.M ?? {})) {
    if (!run.startsWith(ofMachine)) continue;
    const update = {
      UpdateExpression: "REMOVE #held.#run",
      ExpressionAttributeNames: { "#held": "held", "#run": run },
    };
    await client.send(new UpdateItemCommand({ TableName: tableName, Key: slots, ...update }));
  }
}
