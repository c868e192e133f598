package armsim

import "net/http"

// listKeys shows the secrets that GET never shows. Only AKS, VirtualMachine and Databricks have it; every other type answers
// 400 (azure-powershell recording, Get-AzMLWorkspaceComputeKey).
func (s *Server) listKeys(rq *request, c *compute) answer {
	if c.keys == nil {
		return s.userError(rq, "The compute '%s' has not been provisioned.", c.name)
	}
	doc := obj("computeType", c.kind.computeType)
	doc.members = append(doc.members, c.keys.clone().members...)
	return jsonAnswer(http.StatusOK, doc)
}
