package armsim

import (
	"fmt"
	"strconv"
	"time"
)

// databricks is a Databricks workspace, attached by its resource ID with an access token, which only listKeys shows again.
var databricks = kind{
	computeType: "Databricks",
	attached:    always,
	check:       checkDatabricks,
	echo:        echoDatabricks,
	made:        makeDatabricks,
	fixed:       []string{"databricksAccessToken", "workspaceUrl"},
	actions:     map[string]func(*Server, *request, *compute) answer{"listkeys": (*Server).listKeys},
}

func checkDatabricks(_ *Server, _ *request, _ *workspace, props *object) *refusal {
	if props.at("properties").str("databricksAccessToken") == "" {
		return refuse("The property 'databricksAccessToken' is required.")
	}
	return needResource(props, "Microsoft.Databricks/workspaces")
}

func echoDatabricks(_ *compute, props *object) *object {
	return obj("databricksAccessToken", nil,
		"workspaceUrl", props.at("properties").or("workspaceUrl", databricksURL(props.str("resourceId"))))
}

// databricksURL is the address of a Databricks workspace as that resource itself writes it: without a scheme.
func databricksURL(resourceID string) string {
	n, err := strconv.ParseUint(hash(fold(resourceID))[:12], 16, 64)
	if err != nil {
		panic(err) // 12 hexadecimal digits always are a number
	}
	return fmt.Sprintf("adb-%016d.%d.azuredatabricks.net", n, n%20)
}

func makeDatabricks(s *Server, c *compute, rq *request, body *object, at time.Time) {
	c.keys = obj("databricksAccessToken", body.get("properties", "properties", "databricksAccessToken"))
	madeAttachment(s, c, rq, body, at)
}
