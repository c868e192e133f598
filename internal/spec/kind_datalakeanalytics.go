package spec

// datalakeanalytics is an account of a service that Azure has retired; the API
// still lists the type.
var datalakeanalytics = &Kind{
	Name: "datalakeanalytics", ComputeType: "DataLakeAnalytics", Title: "Data Lake Analytics account",
	Fields: concat(attachedFields("Microsoft.DataLakeAnalytics/accounts", "account_name", "account"), []Field{
		{
			Name: "data_lake_store_account_name", Type: Text, ARM: "properties.properties.dataLakeStoreAccountName", Change: ByReattach,
			Doc: "The account's default store, the only one that jobs read.",
		},
		disableLocalAuth(ByReattach),
		rawProperties(ByReattach, ""),
	}, readOnly()),
	resource: &resourceRule{kinds: []string{"Microsoft.DataLakeAnalytics/accounts"}, nameKey: "account_name"},
	check: func(c *checker, _ *Compute) {
		c.warn("type", "retired-service", "Azure retired Data Lake Analytics on 2024-02-29")
	},
}
