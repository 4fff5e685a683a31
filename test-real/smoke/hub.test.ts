import { expect } from "chai";
import { PlayedPlatform } from "../../test/smoke/played/platform";
import { HubServer } from "../../test/support/hubServer";
import { pythonOrSkip } from "../../test/support/pythonOrSkip";

const passwords = { user: "made-up-of-everybody", admin: "made-up-of-the-administrator-".repeat(2) };

describe("The check of JupyterHub's sign-in, on a real hub", function () {
  this.timeout(600_000);
  let hub: HubServer | undefined;

  before(async function () {
    hub = await HubServer.start(await pythonOrSkip(this, "jupyterhub", 420), passwords);
  });
  after(() => hub?.stop());

  function platform(user = passwords.user): PlayedPlatform {
    const played = new PlayedPlatform();
    played.cluster.secrets["jupyterhub/jupyterhub-sign-in"] = {
      "user-password": user,
      "admin-password": passwords.admin,
    };
    const url = `http://127.0.0.1:${hub!.portNumber}`;
    played.cluster.forward = async () => ({ place: { url, name: "the hub" }, close() {} });
    return played;
  }

  const only = ({ piece, name }: { piece: string; name: string }) =>
    piece === "jupyterhub" && name.startsWith("sign in");

  it("passes, and its person is gone", async () => {
    const [outcome] = await platform().run({ only });
    expect([outcome!.result, outcome!.detail, outcome!.left]).to.deep.equal([
      "passed",
      "a person is let in; nobody, and a wrong password, are not",
      undefined,
    ]);
  });

  it("names the Secret whose password the hub does not know", async () => {
    const [outcome] = await platform("stale").run({ only });
    expect([outcome!.result, outcome!.detail]).to.deep.equal([
      "failed",
      "JupyterHub refuses the password of the Secret jupyterhub/jupyterhub-sign-in",
    ]);
  });
});
