import { type JsonService, startJsonService } from "../support/jsonService";
import { PackagedFunction } from "./packagedFunction";

/** A function as packaged, before a service of the test's own: for what moto does not do. */
export class FunctionBeforeService<Result> extends PackagedFunction<Result> {
  #service!: JsonService;

  constructor(name: string, answer: Parameters<typeof startJsonService>[0]) {
    super(name);
    before(async () => {
      this.#service = await startJsonService(answer);
    });
    after(() => this.#service.stop());
  }

  protected override environment(): Record<string, string> {
    return { ...super.environment(), AWS_ENDPOINT_URL: this.#service.url };
  }
}
