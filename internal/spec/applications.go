package spec

import (
	"maps"
	"slices"
)

// customApplications are an instance's containers. Other keys than CLI v2 has
// are named after ARM's.
var customApplications = Field{
	Name: "custom_applications", Type: Objects, ARM: "properties.properties.customServices", Change: ByAction,
	Action: customServices, Absent: []any{}, Stable: "2023-04-01", Preview: "2022-06-01-preview",
	Doc: "Containers that the instance serves.",
	Fields: []Field{
		{Name: "name", Type: Text, ARM: "name", Required: true, Doc: "Name of the application."},
		{
			Name: "type", Type: Choice, ARM: "image.type", Enum: []Enum{{"docker", "docker"}, {"azureml", "azureml"}}, Default: "docker",
			Doc: "Kind of image.",
		},
		{Name: "image.reference", Type: Text, ARM: "image.reference", Required: true, Doc: "Image to run."},
		{
			Name: "image.version", Type: Text, ARM: "image.version", Stable: "2025-12-01", Preview: previews,
			Doc: "Version of the image, of an Azure ML environment above all.",
		},
		{
			Name: "privileged", Type: Switch, ARM: "docker.privileged", Default: true,
			Doc: "Whether the container may do what the host may.",
		},
		{
			Name: "kernel.display_name", Type: Text, ARM: "kernel.displayName", Stable: "2025-12-01", Preview: previews,
			Doc: "Name under which Jupyter offers the container as a kernel.",
		},
		{
			Name: "kernel.language", Type: Text, ARM: "kernel.language", Stable: "2025-12-01", Preview: previews,
			Doc: "Language of the kernel.",
		},
		{
			Name: "kernel.argv", Type: List, ARM: "kernel.argv", Stable: "2025-12-01", Preview: previews,
			Doc: "Command that starts the kernel; not for secrets.",
		},
		{
			Name: "endpoints", Type: Objects, ARM: "endpoints", Doc: "Ports that are served.",
			Fields: []Field{
				{
					Name: "target", Type: Int, ARM: "target", Required: true, Min: 1, Max: 65535,
					Doc: "Port in the container.",
				},
				{
					Name: "published", Type: Int, ARM: "published", Required: true, Min: 1025, Max: 65535,
					Doc: "Port on the instance.",
				},
				{Name: "name", Type: Text, ARM: "name", Default: "connect", Doc: "Name of the endpoint."},
				{
					Name: "protocol", Type: Choice, ARM: "protocol", Default: "http",
					Enum: []Enum{{"http", "http"}, {"tcp", "tcp"}, {"udp", "udp"}}, Doc: "Protocol that is spoken.",
				},
				{
					Name: "host_ip", Type: Text, ARM: "hostIp",
					Doc: "Address on the instance at which the port is served.",
				},
			},
		},
		{
			Name: "environment_variables", Type: Map, ARM: "environmentVariables", Item: "value", Also: map[string]any{"type": "local"},
			Doc: "Environment of the container; not for secrets.",
		},
		{
			Name: bindMounts, Type: Objects, Doc: "Folders of the instance in the container: short for `volumes` of type bind.",
			Fields: bindMountFields,
		},
		{
			Name: volumes, Type: Objects, ARM: "volumes", Fields: volumeFields,
			Doc: "What is mounted in the container, beside `bind_mounts`.",
		},
	},
}

// Both keys are one list in ARM. The normal form has volumes alone.
const bindMounts, volumes = "bind_mounts", "volumes"

var bindMountFields = []Field{
	{Name: "source", Type: Text, Required: true, Doc: "Folder on the instance."},
	{Name: "target", Type: Text, Required: true, Doc: "Folder in the container."},
	{Name: "read_only", Type: Switch, Default: false, Doc: "Whether the container may only read the folder."},
}

var volumeFields = []Field{
	{
		Name: "type", Type: Choice, ARM: "type", Required: true, Absent: "bind",
		Enum: []Enum{{"bind", "bind"}, {"volume", "volume"}, {"tmpfs", "tmpfs"}, {"npipe", "npipe"}},
		Doc:  "A folder or file of the instance, a volume of Docker, memory, or a named pipe.",
	},
	{
		Name: "source", Type: Text, ARM: "source",
		Doc: "Folder, file or pipe of the instance, or name of the volume; none for tmpfs.",
	},
	{Name: "target", Type: Text, ARM: "target", Required: true, Doc: "Path in the container."},
	{
		Name: "read_only", Type: Switch, ARM: "readOnly", Default: false,
		Doc: "Whether the container may only read it.",
	},
	{Name: "consistency", Type: Text, ARM: "consistency", Doc: "Consistency of the mount, as Docker knows it."},
	{
		Name: "bind.propagation", Type: Text, ARM: "bind.propagation", When: "type=bind",
		Doc: "Whether mounts below it are seen on the other side.",
	},
	{
		Name: "bind.create_host_path", Type: Switch, ARM: "bind.createHostPath", When: "type=bind",
		Doc: "Whether a folder that is missing on the instance is made.",
	},
	{
		Name: "bind.selinux", Type: Text, ARM: "bind.selinux", When: "type=bind",
		Doc: "SELinux label of the mount, z or Z.",
	},
	{
		Name: "volume.nocopy", Type: Switch, ARM: "volume.nocopy", When: "type=volume",
		Doc: "Whether a new volume stays empty, without what the image has at the target.",
	},
	{Name: "tmpfs.size", Type: Int, ARM: "tmpfs.size", When: "type=tmpfs", Doc: "Size of the memory, in bytes."},
}

// foldMounts makes volumes of an instance's bind mounts.
func foldMounts(values map[string]any) {
	list, stated := values[customApplications.Name].([]any)
	if !stated {
		return
	}
	list = slices.Clone(list) // the defaults of a workspace are many computes' own
	values[customApplications.Name] = list
	for i, item := range list {
		app, _ := item.(map[string]any)
		mounts, short := app[bindMounts].([]any)
		if !short {
			continue
		}
		app = maps.Clone(app)
		all := make([]any, 0, len(mounts))
		for _, m := range mounts {
			volume := map[string]any{"type": "bind"}
			mount, _ := m.(map[string]any)
			maps.Copy(volume, mount)
			all = append(all, volume)
		}
		more, _ := app[volumes].([]any)
		app[volumes] = append(all, more...)
		delete(app, bindMounts)
		list[i] = app
	}
}

// Unfold is custom applications as CLI v2 has them: with bind mounts, where
// these say all that there is to say of the volumes.
func Unfold(v any) any {
	list, _ := v.([]any)
	out := make([]any, len(list))
	for i, item := range list {
		app, _ := item.(map[string]any)
		app = maps.Clone(app)
		if mounts, plain := plainMounts(app[volumes]); plain {
			delete(app, volumes)
			app[bindMounts] = mounts
		}
		out[i] = app
	}
	return out
}

// plainMounts are volumes without their type, if bind mounts can be all of them.
func plainMounts(v any) (mounts []any, plain bool) {
	list, _ := v.([]any)
	for _, item := range list {
		volume, _ := item.(map[string]any)
		mount := maps.Clone(volume)
		delete(mount, "type")
		rest := maps.Clone(mount)
		for i := range bindMountFields {
			delete(rest, bindMountFields[i].Name)
		}
		if volume["type"] != "bind" || len(rest) > 0 {
			return nil, false
		}
		mounts = append(mounts, mount)
	}
	return mounts, len(mounts) > 0
}

// checkApplications refuses two applications of one name or one port, and
// volumes without what their type needs.
func checkApplications(c *checker, x *Compute) {
	list, _ := x.Values[customApplications.Name].([]any)
	seen := map[any]bool{}
	once := func(what string, v any) {
		if v != nil && seen[v] {
			c.errorAt(customApplications.Name, "", "two custom applications have the %s %v", what, v)
		}
		seen[v] = true
	}
	for _, item := range list {
		app, _ := item.(map[string]any)
		once("name", app["name"])
		endpoints, _ := app["endpoints"].([]any)
		for _, e := range endpoints {
			endpoint, _ := e.(map[string]any)
			once("published port", endpoint["published"])
		}
		mounted, _ := app[volumes].([]any)
		for _, v := range mounted {
			volume, _ := v.(map[string]any)
			checkVolume(c, volume)
		}
	}
}

func checkVolume(c *checker, volume map[string]any) {
	kind, source, at := text(volume["type"]), text(volume["source"]), clip(text(volume["target"]))
	switch {
	case (kind == "bind" || kind == "npipe") && source == "":
		c.errorAt(customApplications.Name, "state what of the instance is mounted", "the %s volume at %s needs a source", kind, at)
	case kind == "tmpfs" && source != "":
		c.errorAt(customApplications.Name, "remove source", "the tmpfs volume at %s is memory and has no source", at)
	}
}
