import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { sparePromiseTraces } from "../../components/lib/promiseTraces";

sparePromiseTraces();

/** A provider and so many topics: what the engine and the simulated cloud cost by themselves. */
export = async () => {
  const topics = new pulumi.Config().requireNumber("topics");
  const provider = new aws.Provider("aws", { region: "eu-central-1" });
  for (let index = 0; index < topics; index++) new aws.sns.Topic(`topic-${index}`, {}, { provider });
  return {};
};
