import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { toolCache } from "../../simulator/goBuild";
import { healthy } from "../answers";
import type { Demo } from "../demo";
import { projectFolder } from "../settings";
import type { Program } from "../supervisor";

const proxyFolder = join(projectFolder, "demo/proxy");

/** The hub with the chart's configuration, and its proxy; servers of people are processes in homes below the demo's folder. */
export async function jupyterhub(demo: Demo): Promise<Program[]> {
  const { ports, generated } = demo;
  const folder = join(demo.folder, "jupyterhub");
  mkdirSync(join(folder, "homes"), { recursive: true });
  const values = generated.values("jupyterhub");
  const keys = generated.secret("jupyterhub-keys");
  const scripts = join(folder, "dag-scripts");
  mkdirSync(scripts, { recursive: true });
  for (const [name, text] of Object.entries(generated.configMap("jupyterhub-dags"))) {
    writeFileSync(join(scripts, name), text, { mode: 0o755 });
  }
  const source = join(projectFolder, "workloads/notebooks");
  const starters = join(folder, "starters");
  mkdirSync(starters, { recursive: true });
  for (const name of readdirSync(source).filter((each) => each.endsWith(".ipynb"))) {
    copyFileSync(join(source, name), join(starters, name));
  }
  const given = join(folder, "given.json");
  const secretEnvironment = Object.fromEntries(
    Object.entries(values.singleuser.extraEnv as Record<string, string | object>).map(([name, value]) => [
      name,
      typeof value === "string" ? value : generated.environment({ env: [{ name, ...value }] })[name]!,
    ]),
  );
  const configuration = {
    values,
    secrets: keys,
    environment: secretEnvironment,
    notebooks: {
      python: demo.python("notebooks"),
      folder,
      scripts,
      starters,
      placeStarters: join(source, "place_starters.sh"),
      environment: {
        ...demo.pythonEnvironment("examples", "mlplatform/src", "drift/src", "training-template/src"),
        MODEL_URL: `http://127.0.0.1:${ports.model}`,
      },
    },
    ports: { hub: ports.hub, proxy: ports.jupyterhub, proxyApi: ports.hubProxyApi },
  };
  writeFileSync(given, JSON.stringify(configuration), { mode: 0o600 });
  const hubPython = demo.python("jupyterhub");
  const extra = Object.entries(values.hub.extraEnv as Record<string, string | object>).map(([name, value]) =>
    typeof value === "string" ? { name, value } : { name, ...value },
  );
  const config = join(projectFolder, "workloads/demo/src/local_platform/hub_config.py");
  return [
    {
      name: "hub-proxy",
      title: "JupyterHub's proxy",
      command: [
        process.execPath,
        join(proxyCache(), "node_modules/configurable-http-proxy/bin/configurable-http-proxy"),
        ...["--ip", "127.0.0.1", "--port", String(ports.jupyterhub)],
        ...["--api-ip", "127.0.0.1", "--api-port", String(ports.hubProxyApi)],
        ...[
          "--default-target",
          `http://127.0.0.1:${ports.hub}`,
          "--error-target",
          `http://127.0.0.1:${ports.hub}/hub/error`,
        ],
      ],
      env: { CONFIGPROXY_AUTH_TOKEN: keys["hub.config.ConfigurableHTTPProxy.auth_token"]! },
      folder,
      ports: [ports.jupyterhub, ports.hubProxyApi],
      ready: async () => (await fetch(`http://127.0.0.1:${ports.hubProxyApi}/api/routes`)).status === 403,
      readySeconds: 60,
    },
    {
      name: "hub",
      title: "JupyterHub",
      command: [join(dirname(hubPython), "jupyterhub"), "--config", config],
      env: {
        ...generated.environment({ env: extra }),
        DEMO_HUB: given,
        HOME: folder,
        PYTHONDONTWRITEBYTECODE: "1",
        PATH: `${dirname(hubPython)}:${process.env.PATH}`,
      },
      folder,
      ports: [ports.hub],
      configuration,
      ready: () => healthy(`http://127.0.0.1:${ports.hub}/hub/health`),
      readySeconds: 120,
    },
  ];
}

export function hubPasswords(demo: Demo): { user: string; admin: string } {
  const secret = demo.generated.secret("jupyterhub-sign-in");
  return { user: secret["user-password"]!, admin: secret["admin-password"]! };
}

function proxyCache(): string {
  const { dependencies } = JSON.parse(readFileSync(join(proxyFolder, "package.json"), "utf8"));
  return toolCache("hub-proxy", dependencies["configurable-http-proxy"]);
}

/** Installs the proxy's packages in the user's cache. */
export async function installProxy(demo: Demo): Promise<void> {
  const folder = proxyCache();
  if (existsSync(join(folder, "installed"))) return;
  mkdirSync(folder, { recursive: true });
  for (const name of ["package.json", "package-lock.json"]) {
    writeFileSync(join(folder, name), readFileSync(join(proxyFolder, name)));
  }
  await demo.run("npm", ["ci", "--no-audit", "--no-fund"], { env: process.env as Record<string, string>, folder });
  writeFileSync(join(folder, "installed"), "");
}
