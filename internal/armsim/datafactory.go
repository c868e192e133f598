package armsim

import "time"

// dataFactory is an Azure Data Factory: attached by its resource ID, or made by Azure ML where none is given (SDK v1). It
// has no properties of its own.
var dataFactory = kind{
	computeType: "DataFactory",
	attached:    withResource,
	check:       checkDataFactory,
	made:        makeDataFactory,
}

func checkDataFactory(_ *Server, _ *request, _ *workspace, props *object) *refusal {
	if !withResource(props) {
		return nil
	}
	return needResource(props, "Microsoft.DataFactory/factories")
}

func makeDataFactory(s *Server, c *compute, rq *request, body *object, at time.Time) {
	if !c.attached() {
		c.props().set("resourceId", c.ws.groupID()+"/providers/Microsoft.DataFactory/factories/"+c.name)
	}
	madeAttachment(s, c, rq, body, at)
}
