package armsim

// dataLakeAnalytics is a Data Lake Analytics account, attached by its resource ID; the SDK v1 sends nothing else, and the
// service finds the account's default store.
var dataLakeAnalytics = kind{
	computeType: "DataLakeAnalytics",
	attached:    always,
	check:       checkResource("Microsoft.DataLakeAnalytics/accounts"),
	echo:        echoDataLakeAnalytics,
	made:        madeAttachment,
	fixed:       []string{"dataLakeStoreAccountName"},
}

func echoDataLakeAnalytics(_ *compute, props *object) *object {
	store := props.at("properties").or("dataLakeStoreAccountName", resourceName(props.str("resourceId"))+"store")
	return obj("dataLakeStoreAccountName", store)
}
