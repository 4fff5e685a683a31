import { expect } from "chai";
import { withVariables } from "../../components/apps/airflow/variables";

describe("variables that a stack gives Airflow's pods itself", () => {
  const own = {
    apiServer: {
      env: [
        { name: "FORWARDED_ALLOW_IPS", value: "*" },
        { name: "KEY", value: "ours" },
      ],
    },
  };
  const env = (given: object[]) =>
    (withVariables(own, { apiServer: { env: given } }) as { apiServer: { env: object[] } }).apiServer.env;

  it("come behind the platform's, which stay", () => {
    expect(env([{ name: "MORE", value: "1" }])).to.deep.equal([...own.apiServer.env, { name: "MORE", value: "1" }]);
  });

  it("take the place of the platform's of the same name, since a container has each name once", () => {
    expect(env([{ name: "FORWARDED_ALLOW_IPS", value: "10.0.0.0/8" }])).to.deep.equal([
      { name: "KEY", value: "ours" },
      { name: "FORWARDED_ALLOW_IPS", value: "10.0.0.0/8" },
    ]);
  });
});
