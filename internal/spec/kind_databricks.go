package spec

// databricks is an Azure Databricks workspace.
var databricks = &Kind{
	Name: "databricks", ComputeType: "Databricks", Title: "Azure Databricks workspace",
	Fields: concat(attachedFields("Microsoft.Databricks/workspaces", "workspace_name", "Databricks workspace"), []Field{
		{
			Name: "access_token", Type: Secret, ARM: "properties.properties.databricksAccessToken", Change: ByReattach, Required: true,
			Doc: "Access token of the Databricks workspace.",
		},
		{
			Name: "workspace_url", Type: Text, ARM: "properties.properties.workspaceUrl", Change: ByReattach,
			Doc: "Address of the Databricks workspace; Azure finds it by the resource.",
		},
		disableLocalAuth(ByReattach),
		rawProperties(ByReattach, ""),
	}, readOnly()),
	resource: &resourceRule{kinds: []string{"Microsoft.Databricks/workspaces"}, nameKey: "workspace_name"},
}
