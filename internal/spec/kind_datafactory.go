package spec

// datafactory is a Data Factory: attached, or made by Azure ML where no
// resource is named.
var datafactory = &Kind{
	Name: "datafactory", ComputeType: "DataFactory", Title: "Data Factory", Managed: true,
	Fields:   concat(attachedFields("Microsoft.DataFactory/factories", "factory_name", "factory"), []Field{disableLocalAuth(CreateOnly)}, readOnly()),
	resource: &resourceRule{kinds: []string{"Microsoft.DataFactory/factories"}, nameKey: "factory_name"},
}
