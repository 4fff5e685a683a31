import { expect } from "chai";
import fc from "fast-check";
import { merge } from "../../components/lib/merge";

describe("merging values", () => {
  it("goes into objects, and replaces lists, scalars and what changes its kind", () => {
    const base = { a: { b: 1, c: [1, 2] }, d: "x", e: { f: 1 } };
    expect(merge(base, { a: { c: [3], g: true }, e: "now text", h: null })).to.deep.equal({
      a: { b: 1, c: [3], g: true },
      d: "x",
      e: "now text",
      h: null,
    });
  });

  it("changes neither side", () => {
    const base = { a: { b: 1 } };
    const over = { a: { c: 2 } };
    merge(base, over);
    expect({ base, over }).to.deep.equal({ base: { a: { b: 1 } }, over: { a: { c: 2 } } });
  });

  it("with nothing is what it was; twice the same is the same as once", () => {
    const tree = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(tree, tree, (base, over) => {
        expect(merge(base, {})).to.deep.equal(base);
        expect(merge(merge(base, over), over)).to.deep.equal(merge(base, over));
      }),
    );
  });

  it("takes `__proto__` for a key and touches no other object", () => {
    merge({}, JSON.parse('{"__proto__":{"touched":true}}'));
    expect(({} as Record<string, unknown>).touched).to.equal(undefined);
  });
});
