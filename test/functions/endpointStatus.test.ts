import * as sagemaker from "@aws-sdk/client-sagemaker";
import { expect } from "chai";
import type { EndpointStatusResult } from "../../functions/endpointStatus";
import { parseEvent } from "../../functions/endpointStatus/event";
import { startJsonService } from "../support/jsonService";
import { FunctionOnMoto } from "./functionOnMoto";

const endpointName = "mlplatform-test-churn";

describe("endpointStatus, as packaged, on moto's SageMaker", function () {
  this.timeout(300_000);
  const packaged = new FunctionOnMoto<EndpointStatusResult>("endpointStatus");

  async function endpoint(): Promise<void> {
    const client = new sagemaker.SageMakerClient({});
    const role = "arn:aws:iam::123456789012:role/churn";
    await client.send(new sagemaker.CreateModelCommand({ ModelName: "churn", ExecutionRoleArn: role }));
    const variant = { VariantName: "main", ModelName: "churn", InitialInstanceCount: 1, InitialVariantWeight: 1 };
    const ProductionVariants = [{ ...variant, InstanceType: "ml.m5.large" as const }];
    await client.send(new sagemaker.CreateEndpointConfigCommand({ EndpointConfigName: "churn", ProductionVariants }));
    await client.send(new sagemaker.CreateEndpointCommand({ EndpointName: endpointName, EndpointConfigName: "churn" }));
    client.destroy();
  }

  it("calls an endpoint absent that is not there", async () => {
    expect(await packaged.invoke({ endpointName })).to.deep.equal({ endpointName, status: "absent" });
  });

  it("calls one that answers in service", async () => {
    await endpoint();
    const expected = { endpointName, status: "inService", endpointStatus: "InService", ageHours: 0 };
    expect(await packaged.invoke({ endpointName })).to.deep.equal(expected);
    expect(packaged.printed[0]).to.include({ level: "info", ...expected });
  });

  // moto's endpoints are in service at once and for ever, so these states are answered by a server of this test.
  const states: [string, string | undefined][] = [
    ["Creating", "updating"],
    ["Updating", "updating"],
    ["SystemUpdating", "updating"],
    ["RollingBack", "updating"],
    ["Deleting", "updating"],
    ["OutOfService", "failed"],
    ["Failed", "failed"],
    ["UpdateRollbackFailed", "failed"],
    ["Resting", undefined],
  ];
  for (const [endpointStatus, status] of states) {
    it(`calls ${endpointStatus} ${status ?? "nothing, and fails"}`, async () => {
      const service = await startJsonService(() => ({
        EndpointName: endpointName,
        EndpointStatus: endpointStatus,
        FailureReason: "why",
      }));
      process.env.AWS_ENDPOINT_URL = service.url;
      try {
        if (status === undefined)
          expect(await packaged.reasonOf({ endpointName })).to.contain("Resting, which is not known");
        else
          expect(await packaged.invoke({ endpointName })).to.deep.equal({
            endpointName,
            status,
            endpointStatus,
            reason: "why",
          });
      } finally {
        await service.stop();
      }
    });
  }

  for (const [hours, ageHours] of [
    [0.99, 0],
    [1, 1],
    [71.5, 71],
  ]) {
    it(`calls an endpoint of ${hours} hours ${ageHours} full hours old`, async () => {
      const service = await startJsonService(() => ({
        EndpointName: endpointName,
        EndpointStatus: "InService",
        CreationTime: (Date.now() - hours! * 3_600_000) / 1000,
      }));
      process.env.AWS_ENDPOINT_URL = service.url;
      try {
        expect(await packaged.invoke({ endpointName })).to.deep.include({ status: "inService", ageHours });
      } finally {
        await service.stop();
      }
    });
  }

  it("fails where SageMaker does not answer: that is no absence", async () => {
    process.env.AWS_ENDPOINT_URL = "http://127.0.0.1:9";
    expect(await packaged.reasonOf({ endpointName })).to.match(/ECONNREFUSED|connect/);
    expect(packaged.printed[0]).to.include({ level: "error", endpointName });
  });

  it("refuses a name that no endpoint may have", async () => {
    expect(await packaged.reasonOf({ endpointName: "a/b" })).to.contain('endpointName: "a/b"');
    expect(() => parseEvent(null)).to.throw("endpointName: missing");
  });
});
