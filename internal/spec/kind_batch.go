package spec

// batch is known to the retired Python SDK alone: no API description has it,
// and whether the service still accepts it is not known.
var batch = &Kind{
	Name: "batch", ComputeType: "Batch", Title: "Azure Batch account",
	Fields:   concat(attachedFields("Microsoft.Batch/batchAccounts", "account_name", "account"), []Field{disableLocalAuth(ByReattach)}, readOnly()),
	resource: &resourceRule{kinds: []string{"Microsoft.Batch/batchAccounts"}, nameKey: "account_name"},
	check: func(c *checker, _ *Compute) {
		c.warn("type", "sdk-v1-only", "only the Python SDK v1, whose support ended on 2026-06-30, attaches Batch accounts; whether Azure still accepts it is not known")
	},
}
