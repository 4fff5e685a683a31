import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Files of one authority and of one certificate for `localhost` that it signed, all PEM. */
export interface ServerCertificate {
  authorityFile: string;
  certificateFile: string;
  keyFile: string;
}

/**
 * Makes a new authority and a server certificate for `localhost`, both good for a day, with the `openssl` command.
 *
 * @param directory exists and is empty of files that begin with `name`.
 */
export function issueServerCertificate(directory: string, name: string): ServerCertificate {
  const path = (suffix: string) => join(directory, `${name}-${suffix}`);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

  const authority = { key: path("ca.key"), certificate: path("ca.pem") };
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-days",
    "1",
    "-subj",
    `/CN=${name} test authority`,
    "-keyout",
    authority.key,
    "-out",
    authority.certificate,
  );
  const server = { key: path("server.key"), request: path("server.csr"), certificate: path("server.pem") };
  openssl("req", ...newKey, "-subj", "/CN=localhost", "-keyout", server.key, "-out", server.request);
  writeFileSync(path("server.ext"), "subjectAltName=DNS:localhost\n");
  openssl(
    ...["x509", "-req", "-days", "1", "-in", server.request, "-out", server.certificate],
    ...["-CA", authority.certificate, "-CAkey", authority.key, "-CAcreateserial", "-extfile", path("server.ext")],
  );
  return { authorityFile: authority.certificate, certificateFile: server.certificate, keyFile: server.key };
}
