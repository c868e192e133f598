package spec

// datafactory is a Data Factory: attached, or made by Azure ML where no
// resource is named.
var datafactory = &Kind{
	Name: "datafactory", ComputeType: "DataFactory", Title: "Data Factory", Managed: true,
	Fields: concat([]Field{
		description(CreateOnly),
		tags(CreateOnly),
		{Name: "location", ReadOnly: true},
		resourceID("Microsoft.DataFactory/factories"),
		{Name: "resource_group", Type: Text, Doc: "Resource group of `factory_name`, in the workspace's subscription."},
		{Name: "factory_name", Type: Text, Doc: "Name of the factory in `resource_group`."},
	}, readOnly()),
	resource: &resourceRule{kinds: []string{"Microsoft.DataFactory/factories"}, nameKey: "factory_name"},
}
