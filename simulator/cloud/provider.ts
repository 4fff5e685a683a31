/** What a simulated provider answers, in plain values; `service.ts` speaks the engine's protocol around it. */
import type { Account } from "./account";
import type { ConstructAnswer, ConstructCall } from "./registrar";
import type { Properties } from "./values";

/** The resource a question is about. */
export interface Subject {
  urn: string;
  type: string;
  /** Logical name in the program. */
  name: string;
}

export interface Failure {
  /** Path of the property, such as `vpcConfig.subnetIds[0]`. */
  property: string;
  reason: string;
}

export interface CheckAnswer {
  inputs: Properties;
  failures: Failure[];
}

export interface Difference {
  path: string;
  kind: "add" | "update" | "delete";
  replaces: boolean;
}

export interface DiffAnswer {
  differences: Difference[];
  deleteBeforeReplace: boolean;
}

export interface CreateAnswer {
  /** Empty in a preview unless the id follows from the inputs. */
  id: string;
  outputs: Properties;
}

export interface ReadAnswer {
  id: string;
  inputs: Properties;
  outputs: Properties;
}

/** One provider as the program configured it. */
export interface Provider {
  check(subject: Subject, oldInputs: Properties, inputs: Properties, seed: Uint8Array): CheckAnswer;
  diff(subject: Subject, id: string, oldInputs: Properties, inputs: Properties, oldOutputs: Properties): DiffAnswer;
  create(subject: Subject, inputs: Properties, preview: boolean): Promise<CreateAnswer>;
  update(
    subject: Subject,
    id: string,
    olds: { inputs: Properties; outputs: Properties },
    inputs: Properties,
    preview: boolean,
  ): Promise<Properties>;
  /** Absent when the thing is gone. */
  read(subject: Subject, id: string): ReadAnswer | undefined;
  delete(subject: Subject, id: string, outputs: Properties): Promise<void>;
  invoke(token: string, args: Properties, preview: boolean): Promise<{ result: Properties } | { failures: Failure[] }>;
  construct?(call: ConstructCall): Promise<ConstructAnswer>;
}

/** What all simulated providers of one run share. */
export interface Cloud {
  account: Account;
  /** Region where no provider says another. */
  region: string;
  helm?: { binary: string; chartCacheDir: string };
  /** Images that nobody has pushed, as `path:tag`. */
  missingImages: string[];
  notice(text: string): void;
}

/** A package of types, as its plugin would serve it. */
export interface ProviderPackage {
  name: string;
  /** Npm package whose version the plugin claims. */
  sdk: string;
  /** Whether secrets stay marked in requests, which the engine asks of packages with components. */
  acceptsSecrets: boolean;
  checkConfig?(inputs: Properties): Failure[];
  /** Paths of configuration that cannot change without replacing the provider and all that it made. */
  configReplaces?(oldInputs: Properties, inputs: Properties): string[];
  configure(config: Properties, cloud: Cloud): Provider;
}
