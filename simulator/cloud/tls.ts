/** Answers for the package `tls`. Keys and certificates are texts that say they are simulated; no cryptography happens. */
import { Account, Refusal } from "./account";
import { differencesBetween } from "./differences";
import type {
  CheckAnswer,
  Cloud,
  CreateAnswer,
  DiffAnswer,
  Provider,
  ProviderPackage,
  ReadAnswer,
  Subject,
} from "./provider";
import { factsOf } from "./sdk";
import { type Properties, secret, unknown } from "./values";

const sdk = "@pulumi/tls";
const secretOutputs = new Set(["privateKeyPem", "privateKeyOpenssh", "privateKeyPemPkcs8"]);

export const tlsPackage: ProviderPackage = {
  name: "tls",
  sdk,
  acceptsSecrets: false,
  configure: (_, cloud) => new TlsProvider(cloud),
};

class TlsProvider implements Provider {
  constructor(private readonly cloud: Cloud) {}

  check(subject: Subject, _: Properties, inputs: Properties): CheckAnswer {
    const failures = known(subject)
      .required.filter((property) => inputs[property] === undefined)
      .map((property) => ({ property, reason: "is required, and nothing is given" }));
    return { inputs, failures };
  }

  diff(_: Subject, __: string, olds: Properties, news: Properties): DiffAnswer {
    return { differences: differencesBetween(olds, news, () => true), deleteBeforeReplace: false };
  }

  async create(subject: Subject, inputs: Properties, preview: boolean): Promise<CreateAnswer> {
    const { computed } = known(subject);
    if (preview)
      return {
        id: "",
        outputs: told({ ...inputs, ...Object.fromEntries(computed.map((property) => [property, unknown])) }),
      };
    const { account } = this.cloud;
    const generation = account.nextGeneration(subject.urn);
    const id = account.digits(subject.urn, generation, "id", 40);
    const outputs: Properties = { ...inputs };
    for (const property of computed) {
      outputs[property] = /^(early|ready)|readyForRenewal|isCa/.test(property)
        ? false
        : /validity(Start|End)Time/.test(property)
          ? "2100-01-01T00:00:00Z"
          : `simulated ${property} ${account.digits(subject.urn, generation, property, 16)}`;
    }
    account.put({
      type: subject.type,
      name: subject.name,
      urn: subject.urn,
      id,
      scope: "tls",
      handles: [],
      claims: [],
      uses: [],
      inputs,
      outputs,
      generation,
    });
    return { id, outputs: told(outputs) };
  }

  async update(_: Subject, __: string, olds: { outputs: Properties }, inputs: Properties): Promise<Properties> {
    return told({ ...olds.outputs, ...inputs });
  }

  read(subject: Subject, id: string): ReadAnswer | undefined {
    const found = this.cloud.account.get(subject.type, "tls", id);
    return found === undefined ? undefined : { id, inputs: found.inputs, outputs: told(found.outputs) };
  }

  async delete(subject: Subject, id: string): Promise<void> {
    this.cloud.account.remove(Account.key(subject.type, "tls", id));
  }

  async invoke(token: string): Promise<never> {
    throw new Refusal("UnknownFunction", `the simulated cloud does not know ${token}`);
  }
}

function known(subject: Subject) {
  const facts = factsOf(sdk, subject.type);
  if (facts === undefined) throw new Refusal("UnknownType", `the simulated cloud does not know ${subject.type}`);
  return facts;
}

function told(outputs: Properties): Properties {
  return Object.fromEntries(
    Object.entries(outputs).map(([property, value]) => [property, secretOutputs.has(property) ? secret(value) : value]),
  );
}
