package main
import "github.com/spf13/cobra"
func (a *app) runCmd() *cobra.Command { return &cobra.Command{Use:"run"} }
func (a *app) demoCmd() *cobra.Command { return &cobra.Command{Use:"demo"} }
