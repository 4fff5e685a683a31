import { type Moto, motoMissing, startMoto } from "../support/moto";
import { skip } from "../support/skip";
import { PackagedFunction } from "./packagedFunction";

/** A function as packaged, with a moto of its own that each test finds empty. */
export class FunctionOnMoto<Result> extends PackagedFunction<Result> {
  moto!: Moto;

  /** @param configured variables of its own */
  constructor(
    name: string,
    private readonly configured: Record<string, string> = {},
  ) {
    super(name);
    const self = this;
    before(async function () {
      const missing = motoMissing();
      if (missing !== undefined) skip(this, missing);
      self.moto = await startMoto();
    });
    after(() => this.moto?.stop());
    beforeEach(() => this.moto.reset());
  }

  protected override environment(): Record<string, string> {
    return { ...this.moto.environment, ...this.configured };
  }
}
