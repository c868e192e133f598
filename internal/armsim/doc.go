// Package armsim simulates the part of the Azure Resource Manager API that manages the computes of Azure Machine Learning
// workspaces, as an http.Handler.
//
// It does what recordings of the real service show (azure-powershell, azure-sdk-for-python and azure-service-operator,
// 2022 to 2025, api-versions 2021-07-01 to 2024-04-01), also where the API description says otherwise; where nobody recorded
// the service it takes the answer that is hardest on a client, and a comment says so. It starts no goroutine: what an
// operation has come to is computed from the clock when somebody looks.
//
// A new Server is fast, endless and friendly. Its options make it otherwise:
//
//	WithClock            the clock of operations and budgets              time.Now
//	WithLatency          how long each request takes                      0
//	WithOperationTime    how long each operation runs                     0: done at the first poll
//	WithPageSize         computes on a page of the list                   0: all on one
//	WithLimits           ARM's request limits                             none; ARMLimits are the documented ones
//	WithSeed             where random faults and identifiers come from    random; Server.Seed tells it
//	WithFaultRate        share of requests that meet a random fault       0
//	WithAckRate          share of writes acknowledged without an answer   0
//	WithStrangers        share of creations that meet a Stranger          0
//	WithIfNoneMatch      If-None-Match: * on a PUT is honoured            no
//	WithReadLag          how old the answers to reads of computes are     0: reads are exact
//	WithWorkspaces       which workspaces exist, and where                every one; ParseWorkspaces reads a file
//	WithLocation         region of workspaces                             that of the first compute, else westeurope
//	WithRecordedQuotas   quotas have the limits of a recorded subscription no: there is plenty
//	Assume               answers to what nobody has recorded              the first of each of Assumptions
//	WithIgnoredPUT       a PUT of what cannot change in place             PUTIgnored
//	WithPatchAnswer      a PATCH that changes nothing                     PatchAlwaysHeader
//	WithLongURLs         operation addresses of 4.5 KB                    true
//	WithExactStatusURLs  polls must use their address byte for byte       no
//	WithForgottenDeletes the status of a finished DELETE answers 404      no
//	WithoutBatch         computeType Batch is refused                     no
//
// Faults, edits behind the client's back and counts are methods of Server, and stand over HTTP under /_sim/ (see
// backdoorPrefix). Server.Transport is an in-process http.RoundTripper, for tests under testing/synctest.
package armsim
