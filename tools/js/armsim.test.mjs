// Microsoft's JavaScript client, from npm, against `computesync simulate`: every compute type, and every operation on
// computes, sizes, usages and quotas that it has.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kinds } from "./kinds.mjs";
import { collect, connect, group, simulate, snapshot, subscription, workspace } from "./simulator.mjs";

const quick = { updateIntervalInMs: 10 };
const location = "eastus";

const create = (client, k) => client.computeOperations.beginCreateOrUpdateAndWait(
  group, workspace, k.name, { location, properties: k.sent }, quick);

// part is what an object has of the keys of another.
const part = (of, like) => Object.fromEntries(Object.keys(like).map((key) => [key, of[key]]));

for (const apiVersion of [undefined, "2024-04-01", "2025-12-01"]) {
  test(`every kind, with api-version ${apiVersion ?? "of the client"}`, async (t) => {
    const url = await simulate(t, "--page-size", "4");
    const client = connect(url, apiVersion);
    const computes = client.computeOperations;
    for (const k of kinds) {
      const made = await create(client, k);
      assert.equal(made.properties.computeType, k.sent.computeType);
      assert.equal(made.properties.provisioningState, "Succeeded", k.name);
      assert.equal(made.properties.isAttachedCompute, k.end === "Detach", k.name);
      const read = await computes.get(group, workspace, k.name);
      if (k.shown) assert.deepEqual(part(read.properties.properties, k.shown), k.shown);
      else assert.ok(!read.properties.properties, k.name);
      if (k.keys) assert.deepEqual(part(await computes.listKeys(group, workspace, k.name), k.keys), k.keys);
      else await assert.rejects(computes.listKeys(group, workspace, k.name), { statusCode: 400, code: "UserError" });
    }
    assert.equal((await client.workspaces.get(group, workspace)).location, location);
    const listed = await collect(computes.list(group, workspace));
    assert.deepEqual(listed.map((c) => c.name), kinds.map((k) => k.name));
    assert.ok(listed.every((c) => c.properties.provisioningState === "Succeeded"));

    for (const k of kinds) {
      await computes.beginDeleteAndWait(group, workspace, k.name, k.end, quick);
      await assert.rejects(computes.get(group, workspace, k.name), { statusCode: 404 });
    }
    const { workspaces, destroyedResources, orphanedResources } = await snapshot(url);
    assert.deepEqual([workspaces[0].computes, destroyedResources, orphanedResources], [[], [], []]);
  });
}

test("a cluster scales, and lists its nodes", async (t) => {
  const client = connect(await simulate(t));
  const computes = client.computeOperations;
  await create(client, kinds.find((k) => k.name === "cluster"));
  const scaleSettings = { minNodeCount: 2, maxNodeCount: 8, nodeIdleTimeBeforeScaleDown: "PT5M" };
  await computes.beginUpdateAndWait(group, workspace, "cluster", { properties: { scaleSettings } }, quick);
  const read = await computes.get(group, workspace, "cluster");
  assert.deepEqual(read.properties.properties.scaleSettings, scaleSettings);
  let nodes = [];
  for (let tries = 0; nodes.length < 2 && tries < 1000; tries++) {
    nodes = await collect(computes.listNodes(group, workspace, "cluster"));
  }
  assert.deepEqual(nodes.map((n) => n.nodeState), ["idle", "idle"]);
});

test("an instance stops, starts and restarts, each only where it can", async (t) => {
  const client = connect(await simulate(t));
  const computes = client.computeOperations;
  const state = async () => (await computes.get(group, workspace, "box")).properties.properties.state;
  await create(client, kinds.find((k) => k.name === "box"));
  await assert.rejects(computes.beginStartAndWait(group, workspace, "box", quick), /StartComputeInstanceOnlyAllowed|failed/i);
  assert.equal(await state(), "Running");
  await computes.beginStopAndWait(group, workspace, "box", quick);
  assert.equal(await state(), "Stopped");
  await computes.beginStartAndWait(group, workspace, "box", quick);
  assert.equal(await state(), "Running");
  await computes.beginRestartAndWait(group, workspace, "box", quick);
  assert.equal(await state(), "Running");
});

test("sizes, usages and quotas of a region, and the provider's operations", async (t) => {
  const client = connect(await simulate(t, "--recorded-quotas"));
  const sizes = await client.virtualMachineSizes.list(location);
  const h100 = sizes.value.find((z) => z.name === "Standard_ND96isr_H100_v5");
  assert.deepEqual([h100.family, h100.vCPUs, h100.gpus], ["standardNDv5H100Family", 96, 8]);

  const usages = await collect(client.usages.list(location));
  const limits = (name) => usages.filter((u) => u.name.value === name).map((u) => u.limit);
  assert.deepEqual(limits("TotalDedicatedCores"), [20]);
  assert.deepEqual(limits("standardDSv2Family"), [6, -1]);

  const type = "Microsoft.MachineLearningServices/workspaces/dedicatedCores/quotas";
  const id = `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.MachineLearningServices` +
    `/workspaces/${workspace}/quotas/standardDSv2Family`;
  const answer = await client.quotas.update(location, { location, value: [{ id, type, limit: 4 }, { id, type, limit: 7 }] });
  assert.deepEqual(answer.value.map((q) => q.status), ["Success", "InvalidQuotaExceedsSubscriptionLimit"]);
  const quotas = await collect(client.quotas.list(location));
  assert.equal(quotas.find((q) => q.id === id).limit, 4);

  const operations = await collect(client.operations.list());
  assert.ok(operations.some((o) => o.name === "Microsoft.MachineLearningServices/workspaces/computes/write"));
});

test("a creation that Azure refuses, and one that fails later", async (t) => {
  const url = await simulate(t, "--recorded-quotas");
  const client = connect(url);
  const gpu = { name: "gpu", sent: { computeType: "AmlCompute", properties: { vmSize: "Standard_ND96isr_H100_v5" } } };
  await assert.rejects(create(client, gpu), { statusCode: 400, code: "ClusterMinNodesExceedCoreQuota" });
  const fault = { match: { kind: "put" }, times: 1, operation: { shape: "a", code: "Conflict", message: "no" } };
  await fetch(`${url}/_sim/faults`, { method: "POST", body: JSON.stringify(fault) });
  await assert.rejects(create(client, kinds[0]));
  const read = await client.computeOperations.get(group, workspace, kinds[0].name);
  assert.equal(read.properties.provisioningState, "Failed");
});

// The client repeats the query of its DELETE when it polls, which only a server accepts that is as lenient as Azure.
test("the polls of a DELETE have a query parameter more", async (t) => {
  const client = connect(await simulate(t, "--exact-status-urls"));
  await create(client, kinds[0]);
  const removal = client.computeOperations.beginDeleteAndWait(group, workspace, kinds[0].name, "Delete", quick);
  await assert.rejects(removal, { statusCode: 400, code: "InvalidOperationUrl" });
});
