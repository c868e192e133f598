import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { AzureMachineLearningWorkspaces } from "@azure/arm-machinelearning";

const binary = process.env.COMPUTESYNC;
if (!binary) throw new Error("COMPUTESYNC must name the binary: see make js");

export const subscription = "00000000-0000-0000-0000-000000000000";
export const group = "rg-ml";
export const workspace = "ml-test";

// simulate starts a simulator for a test, which ends with it, and returns its address.
export async function simulate(t, ...flags) {
  const child = spawn(binary, ["simulate", "--listen", "127.0.0.1:0", "--operation-time", "30ms", ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
    if (child.exitCode !== 0) throw new Error(`the simulator ended with ${child.exitCode ?? child.signalCode}`);
  });
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    once(child, "error").then(([err]) => Promise.reject(err)),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`the simulator ended with ${code}`))),
  ]);
  return line.replace("simulator ready at ", "");
}

// connect makes Microsoft's client of a simulator. It refuses to send a token over http, so it sends none.
export function connect(url, apiVersion) {
  const credential = { getToken: async () => ({ token: "none", expiresOnTimestamp: Date.now() + 3600_000 }) };
  const client = new AzureMachineLearningWorkspaces(credential, subscription, {
    endpoint: url, $host: url, apiVersion, allowInsecureConnection: true, retryOptions: { maxRetries: 0 },
  });
  client.pipeline.removePolicy({ name: "bearerTokenAuthenticationPolicy" });
  return client;
}

// snapshot is everything that a simulator holds.
export async function snapshot(url) {
  const answer = await fetch(`${url}/_sim/snapshot`);
  return answer.json();
}

// collect reads all pages of a list.
export async function collect(pages) {
  const list = [];
  for await (const one of pages) list.push(one);
  return list;
}
