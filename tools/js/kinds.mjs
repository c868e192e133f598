import { group, subscription } from "./simulator.mjs";

const resource = (type, name) => `/subscriptions/${subscription}/resourceGroups/${group}/providers/${type}/${name}`;
const account = { username: "u", password: "hunter2-secret" };
const gpu = { nodeSelector: { pool: "gpu" }, resources: { requests: { cpu: "1" }, limits: { memory: "2Gi" } } };

// kinds has a compute of every computeType: what Microsoft's client sends of it, what of its own properties it must read
// afterwards, which secret listKeys shows, and how it is removed.
export const kinds = [
  {
    name: "cluster", end: "Delete",
    sent: { computeType: "AmlCompute", properties: { vmSize: "Standard_D2as_v4", scaleSettings: { maxNodeCount: 4 } } },
    shown: { vmSize: "STANDARD_D2AS_V4", vmPriority: "Dedicated", osType: "Linux" },
  },
  {
    name: "box", end: "Delete",
    sent: { computeType: "ComputeInstance", properties: { vmSize: "Standard_DS3_v2" } },
    shown: { vmSize: "STANDARD_DS3_V2", state: "Running", applicationSharingPolicy: "Shared" },
  },
  {
    name: "made", end: "Delete",
    sent: { computeType: "AKS", properties: { agentCount: 4 } },
    shown: { agentCount: 4, clusterPurpose: "FastProd", loadBalancerType: "PublicIp" },
    keys: { imagePullSecretName: "made-pull-secret" },
  },
  {
    name: "inference", end: "Detach",
    sent: { computeType: "AKS", resourceId: resource("Microsoft.ContainerService/managedClusters", "inference") },
    shown: { agentVmSize: "STANDARD_D3_V2" },
    keys: { imagePullSecretName: "inference-pull-secret" },
  },
  {
    name: "team1", end: "Detach",
    sent: {
      computeType: "Kubernetes", resourceId: resource("Microsoft.Kubernetes/connectedClusters", "edge"),
      properties: { namespace: "team1", defaultInstanceType: "gpu", instanceTypes: { gpu } },
    },
    shown: { namespace: "team1", defaultInstanceType: "gpu", instanceTypes: { gpu } },
  },
  {
    name: "team2", end: "Detach", // of the same cluster
    sent: {
      computeType: "Kubernetes", resourceId: resource("Microsoft.Kubernetes/connectedClusters", "edge"),
      properties: { namespace: "team2" },
    },
    shown: { namespace: "team2", defaultInstanceType: "defaultinstancetype" },
  },
  {
    name: "machine", end: "Detach",
    sent: {
      computeType: "VirtualMachine", resourceId: resource("Microsoft.Compute/virtualMachines", "vm1"),
      properties: { sshPort: 22, administratorAccount: account },
    },
    shown: { sshPort: 22, virtualMachineSize: "STANDARD_D2S_V3" },
    keys: { administratorAccount: { ...account, publicKeyData: null, privateKeyData: null } },
  },
  {
    name: "hadoop", end: "Detach",
    sent: {
      computeType: "HDInsight", resourceId: resource("Microsoft.HDInsight/clusters", "hadoop"),
      properties: { sshPort: 22, administratorAccount: account },
    },
    shown: { address: "hadoop-ssh.azurehdinsight.net", sshPort: 22 },
  },
  {
    name: "bricks", end: "Detach",
    sent: {
      computeType: "Databricks", resourceId: resource("Microsoft.Databricks/workspaces", "bricks"),
      properties: { databricksAccessToken: "hunter2-token" },
    },
    shown: {},
    keys: { databricksAccessToken: "hunter2-token" },
  },
  {
    name: "lake", end: "Detach",
    sent: { computeType: "DataLakeAnalytics", resourceId: resource("Microsoft.DataLakeAnalytics/accounts", "lake") },
    shown: { dataLakeStoreAccountName: "lakestore" },
  },
  {
    name: "pool", end: "Detach",
    sent: {
      computeType: "SynapseSpark",
      resourceId: resource("Microsoft.Synapse/workspaces", "syn") + "/bigDataPools/pool",
    },
    shown: { poolName: "pool", nodeCount: 5, nodeSize: "Medium" },
  },
  { name: "pipes", end: "Delete", sent: { computeType: "DataFactory" } },
  {
    name: "factory", end: "Detach",
    sent: { computeType: "DataFactory", resourceId: resource("Microsoft.DataFactory/factories", "factory") },
  },
  {
    name: "jobs", end: "Detach", // a type that no API description has
    sent: { computeType: "Batch", resourceId: resource("Microsoft.Batch/batchAccounts", "jobs") },
  },
];
