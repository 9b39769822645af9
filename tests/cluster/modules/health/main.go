// Says what GitOps tools think of an object: Flux by kstatus or by an expression, Argo CD by a script.
//
//	health < OBJECT.json                   kstatus
//	health expression CEL < OBJECT.json    Flux's healthCheckExprs: the object's fields are variables
//	health script FILE.lua < OBJECT.json   Argo CD's health check
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/google/cel-go/cel"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

func main() {
	object := &unstructured.Unstructured{}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	if err := object.UnmarshalJSON(text); err != nil {
		panic(err)
	}
	if len(os.Args) > 2 {
		map[string]func(string, map[string]any){"expression": flux, "script": argo}[os.Args[1]](os.Args[2], object.Object)
		return
	}
	result, err := status.Compute(object)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s: %s\n", result.Status, result.Message)
}

// flux evaluates an expression.
func flux(expression string, object map[string]any) {
	variables := []cel.EnvOption{}
	for name := range object {
		variables = append(variables, cel.Variable(name, cel.DynType))
	}
	environment, err := cel.NewEnv(variables...)
	if err != nil {
		panic(err)
	}
	checked, issues := environment.Compile(expression)
	if issues.Err() != nil {
		panic(issues.Err())
	}
	program, err := environment.Program(checked)
	if err != nil {
		panic(err)
	}
	result, _, err := program.Eval(object)
	if err != nil {
		panic(err)
	}
	fmt.Println(result)
}

// argo runs a script as Argo CD does: the object is the global obj, the result a table.
func argo(script string, object map[string]any) {
	state := lua.NewState()
	defer state.Close()
	state.SetGlobal("obj", value(state, object))
	if err := state.DoFile(script); err != nil {
		panic(err)
	}
	found := state.Get(-1).(*lua.LTable)
	fmt.Printf("%s: %s\n", found.RawGetString("status"), found.RawGetString("message"))
}

func value(state *lua.LState, of any) lua.LValue {
	switch of := of.(type) {
	case string:
		return lua.LString(of)
	case bool:
		return lua.LBool(of)
	case int64:
		return lua.LNumber(of)
	case float64:
		return lua.LNumber(of)
	case []any:
		table := state.NewTable()
		for _, item := range of {
			table.Append(value(state, item))
		}
		return table
	case map[string]any:
		table := state.NewTable()
		for key, item := range of {
			table.RawSetString(key, value(state, item))
		}
		return table
	}
	return lua.LNil
}
