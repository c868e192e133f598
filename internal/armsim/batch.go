package armsim

// batch is an Azure Batch account, attached by its resource ID and nothing else. Only the SDK v1 ever sent this type, and no
// API description has it: see WithoutBatch.
var batch = kind{
	computeType: "Batch",
	attached:    always,
	check:       checkBatch,
	made:        madeAttachment,
}

func checkBatch(s *Server, _ *request, _ *workspace, props *object) *refusal {
	if s.noBatch {
		return refuse("The compute type 'Batch' is not supported.")
	}
	return needResource(props, "Microsoft.Batch/batchAccounts")
}
