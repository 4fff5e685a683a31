import { answering, type Received, type Reply } from "./answers";
import type { PlayedMlflow } from "./mlflow";

/** Pods of one model, and the controller that releases its versions: what an alias names is live at the next look. */
export class PlayedModel {
  /** As the pods are told. */
  live: string | undefined;
  private canary: { version: string; until: number } | undefined;
  private asked = 0;
  /** Of the public port. */
  readonly token = "made-up-token";
  /** Faults. */
  follows = true;
  loads = true;
  refusesToken = false;
  asksNoToken = false;
  failsInCanary = false;
  mixesUp = false;
  failsItsExample = false;

  constructor(
    private readonly mlflow: PlayedMlflow,
    private readonly name: string,
    private readonly stack: string,
    private readonly bakeMillis: number,
  ) {}

  /** One look of the controller. */
  look(): void {
    const registered = this.mlflow.models.get(this.name);
    const wanted = registered?.aliases.champion;
    const version = registered?.versions.find((each) => each.version === wanted);
    if (!this.follows || version === undefined || wanted === this.live) return;
    const tag = `mlplatform.${this.stack}.kubernetes`;
    if (!this.loads) {
      version.tags[tag] = "rolled-back: it does not load";
      version.tags[`${tag}.reason`] = "it does not load: ModuleNotFoundError";
    } else if (this.live === undefined || (this.canary && Date.now() > this.canary.until)) {
      this.live = wanted;
      this.canary = undefined;
      version.tags[tag] = "live";
    } else if (this.canary === undefined) {
      this.canary = { version: version.version, until: Date.now() + this.bakeMillis };
      version.tags[tag] = "canary";
    }
  }

  unready = (): string | undefined => {
    this.look();
    return this.live === undefined ? `models/${this.name} is not ready` : undefined;
  };

  readonly answer = answering((received) => this.reply(received));

  readonly publicAnswer = answering(({ headers }) => {
    if (this.asksNoToken) return {};
    return { status: headers.authorization === `Bearer ${this.token}` && !this.refusesToken ? 200 : 401 };
  });

  private reply({ path, said }: Received): Reply {
    this.look();
    this.asked += 1;
    const answering = this.canary && this.asked % 5 === 0 ? this.canary.version : this.live!;
    const headers = { "x-model-version": answering };
    if (path === "/health/ready") return { headers };
    const example = { dataframe_split: { columns: ["x"], data: [[1]] } };
    const content = { "application/json": { example } };
    if (path === "/openapi.json") {
      return { headers, body: { paths: { "/invocations": { post: { requestBody: { content } } } } } };
    }
    if (this.failsItsExample) return { status: 500, headers, body: { message: "the model failed" } };
    if (this.canary && this.failsInCanary) return { status: 503, headers, body: { message: "no worker" } };
    const [[x]] = said.dataframe_split.data;
    return { headers, body: { predictions: [{ y: x + this.addend(answering) + (this.mixesUp ? 1 : 0) }] } };
  }

  private addend(version: string): number {
    const found = this.mlflow.models.get(this.name)!.versions.find((each) => each.version === version)!;
    const [, run, folder] = /^runs:\/(.+)\/(.+)$/.exec(found.source)!;
    const file = [...this.mlflow.files.keys()].find((path) => path.endsWith(`/${run}/artifacts/${folder}/addend.txt`));
    return file === undefined ? 0 : Number(this.mlflow.files.get(file));
  }
}
