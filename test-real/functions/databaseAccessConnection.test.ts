import { mkdtempSync, rmSync } from "node:fs";
import { createServer, connect as openSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import {
  DatabaseAccessOnPostgres,
  inputFor,
  passwordOf,
  reasonOf,
} from "../../test/functions/databaseAccessOnPostgres";
import { issueServerCertificate } from "../../test/support/certificates";
import { freePort } from "../../test/support/freePort";
import { startPostgres } from "../../test/support/postgres";

describe("databaseAccess, as packaged, connects only to the server it was told", function () {
  this.timeout(60_000);
  const packaged = new DatabaseAccessOnPostgres();

  it("a server signed by another authority is refused at once", async () => {
    const directory = mkdtempSync(join(tmpdir(), "authority-"));
    try {
      process.env.DATABASE_CA_FILE = issueServerCertificate(directory, "other").authorityFile;
      const reason = await reasonOf(packaged.create("untrusted"));
      expect(reason).to.match(/refused for good: (UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/);
      expect(await packaged.databaseExists("untrusted")).to.equal(false);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("a server under another host name than its certificate's is refused at once", async () => {
    process.env.DATABASE_HOST = "127.0.0.1";
    expect(await reasonOf(packaged.create("untrusted"))).to.contain("ERR_TLS_CERT_ALTNAME_INVALID");
    expect(await packaged.databaseExists("untrusted")).to.equal(false);
  });

  it("a server without TLS is refused", async () => {
    const plain = await startPostgres({ tls: false });
    process.env.DATABASE_PORT = String(plain.portNumber);
    try {
      expect(await reasonOf(packaged.create("plain"))).to.contain("The server does not support SSL connections");
    } finally {
      await plain.stop();
    }
  });

  it("an instance that accepts no connection yet is tried again until it does", async () => {
    const portNumber = await freePort();
    process.env.DATABASE_PORT = String(portNumber);
    const creating = packaged.create("late");
    await sleep(1_500);
    const door = createServer((socket) => {
      const onward = openSocket(packaged.server.portNumber, "localhost");
      socket.on("error", () => onward.destroy()).pipe(onward);
      onward.on("error", () => socket.destroy()).pipe(socket);
    });
    door.listen(portNumber, "localhost");
    try {
      expect(await creating).to.include({ outcome: "ready" });
      expect(JSON.stringify(packaged.printed)).to.contain("accepts no connection yet");
    } finally {
      door.close();
    }
  });

  it("one that never does is given up before the function's own time ends, with address and remedy", async () => {
    process.env.DATABASE_PORT = String(await freePort());
    packaged.putPassword("never", passwordOf("never"));
    const started = Date.now();
    const reason = await reasonOf(packaged.ask("create", inputFor("never"), { seconds: 6 }));
    expect(Date.now() - started).to.be.below(5_000);
    expect(reason).to.match(/^localhost:\d+\/postgres accepted no connection in \d+ attempts: ECONNREFUSED/);
    expect(reason).to.contain("security group");
  });
});
