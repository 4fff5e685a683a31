import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { currentOffer } from "../identity/policies/promotion";
import { saidIn } from "../lib/signedStatement";
import type { OfferTaken } from "../settings/offersTaken";
import { type Problem, SettingsProblems } from "../settings/problems";
import { stackName } from "./awsProvider";
import { Lookups } from "./lookups";

/** What the release path of the producing stack says of a model: see `model_release/offers.py`. */
interface Current {
  kind: string;
  stack: string;
  model: string;
  current: object | null;
  approved: object[];
  revoked: string[];
}

/**
 * Looks at what the stacks that models come from say of them now. What nobody has approved yet is told, and waited for.
 * @throws SettingsProblems that name each model of which that cannot be read, or of which nothing is approved any more
 */
export async function lookAtOffersTaken(offers: readonly OfferTaken[], opts: pulumi.InvokeOptions): Promise<void> {
  const lookups = new Lookups();
  await Promise.all(offers.map((offer) => look(offer, lookups, opts)));
  if (lookups.problems.length > 0) throw new SettingsProblems(lookups.problems);
}

async function look(offer: OfferTaken, lookups: Lookups, opts: pulumi.InvokeOptions): Promise<void> {
  const { model, stack, modelThere, producer } = offer;
  const { bucket } = producer;
  const region = producer.region as aws.Region;
  const key = currentOffer(modelThere);
  const path = `models.${model}.from`;
  const allowed = `a stack whose account lets this one read s3://${bucket}/${key}: it names this account in promotion.consumers, with ${modelThere}`;
  const find = <T>(ask: Promise<T>) => lookups.find(path, stack, allowed, ask);
  // Listed first: what is not there and what is forbidden are answered alike to who asks for the object.
  const listed = await find(aws.s3.getObjects({ bucket, prefix: key, region }, opts));
  if (listed === undefined) return;
  if (!listed.keys.includes(key)) {
    pulumi.log.warn(
      `${path}: no version of ${modelThere} was approved in the stack ${stack} yet; ${model} waits for its first one`,
    );
    return;
  }
  const found = await find(aws.s3.getObject({ bucket, key, region }, opts));
  if (found === undefined) return;
  lookups.problems.push(...problemsOf(offer, path, saidIn(found.body, producer.publicKey) as Current | undefined));
}

function problemsOf({ model, stack, modelThere }: OfferTaken, path: string, said: Current | undefined): Problem[] {
  if (said?.kind !== "mlplatform.current/1" || said.stack !== stackName(stack) || said.model !== modelThere) {
    return [
      {
        path,
        value: stack,
        allowed: `what the key promotion.producers.${stack}.publicKey has signed of ${modelThere}`,
        remedy: `compare promotion.producers.${stack} with what pulumi stack output promotionProducer of ${stack} prints; if they are the same, somebody else has written there`,
      },
    ];
  }
  if (said.current !== null || said.approved.length > 0) return [];
  return [
    {
      path,
      value: stack,
      allowed: `a stack in which a version of ${modelThere} is approved: none is any more${said.revoked.length > 0 ? `, revoked were ${said.revoked.join(", ")}` : ""}`,
      remedy: `approve a version in ${stack}; or, to keep one that is here already, write from: models:/${model}/<its number in this stack's MLflow>`,
    },
  ];
}
