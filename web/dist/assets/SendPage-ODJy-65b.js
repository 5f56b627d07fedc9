import{l as e}from"./index-BMTkRFFl.js";import{n as t,t as n}from"./shared-BTbZshqn.js";import{t as r}from"./shared-BWcLbXzb.js";import{S as i,o as a}from"./shared-Dw_1eVZ3.js";import{a as o,n as s}from"./shared-DLWRFRcx.js";import{t as c}from"./shared-CS6YxJQA.js";import{c as l}from"./shared-C83bqwQA.js";import{i as u}from"./shared-Dsybk0x8.js";import{d}from"./shared-DruSWotI.js";import{n as f,t as p}from"./shared-MwuyMex3.js";import{c as m,n as h,o as g}from"./shared-jnli2MRg.js";import{t as _}from"./shared-C3cWAN_r.js";var v={panel:`_panel_1slt4_1`,services:`_services_1slt4_42`,pulse:`_pulse_1slt4_65`},y=_(),b=2e3;function x(e){return e<10?e.toFixed(1):m(e)}function S(){let e=r(i(b)),t=r(a(b)),n=e.data??[],o=n.length>0;return e.isError&&e.data===void 0?(0,y.jsxs)(`section`,{className:v.panel,"data-state":`error`,role:`alert`,children:[(0,y.jsxs)(`h2`,{children:[(0,y.jsx)(d,{size:18,"aria-hidden":`true`}),` Argus cannot be reached`]}),(0,y.jsxs)(`p`,{children:[e.error.message,` Trying again every two seconds.`]})]}):(0,y.jsxs)(`section`,{className:v.panel,"data-state":o?`arrived`:`waiting`,"aria-live":`polite`,children:[(0,y.jsxs)(`h2`,{children:[o?(0,y.jsx)(f,{size:18,"aria-hidden":`true`}):(0,y.jsx)(p,{size:18,className:v.pulse,"aria-hidden":`true`}),o?`Data is arriving`:`Waiting for the first data`]}),!o&&(0,y.jsx)(`p`,{children:`Argus is listening. This panel changes by itself as soon as something arrives.`}),o&&(0,y.jsxs)(y.Fragment,{children:[(0,y.jsxs)(`p`,{children:[g(n.length,`service`),` seen`,t.data!==void 0&&(0,y.jsxs)(y.Fragment,{children:[` · `,(0,y.jsx)(`strong`,{children:x(t.data.ingestion_rate)}),` records/s`]})]}),(0,y.jsx)(`ul`,{className:v.services,children:n.slice(0,40).map(e=>(0,y.jsx)(`li`,{children:(0,y.jsxs)(l,{to:`/traces`,search:{service:e},children:[(0,y.jsx)(h,{name:e}),e]})},e))}),(0,y.jsx)(c,{component:l,to:`/traces`,size:`xs`,rightSection:(0,y.jsx)(u,{size:14}),children:`Look at the traces`})]})]})}var C={block:`_block_90pm1_1`,head:`_head_90pm1_7`,code:`_code_90pm1_17`},w=/(#[^\n{]*$|\/\/[^\n]*$)|("(?:[^"\\\n]|\\.)*")/gm;function T(e){let t=[],n=0;for(let r of e.matchAll(w))r[1]?.startsWith(`//`)&&e[r.index-1]===`:`||(t.push({text:e.slice(n,r.index),kind:`plain`},{text:r[0],kind:r[1]===void 0?`string`:`comment`}),n=r.index+r[0].length);return[...t,{text:e.slice(n),kind:`plain`}]}function E({title:e,code:t}){return(0,y.jsxs)(`figure`,{className:C.block,children:[(0,y.jsxs)(`figcaption`,{className:C.head,children:[(0,y.jsx)(`span`,{children:e}),(0,y.jsx)(n,{text:t,label:`Copy: ${e}`,size:26})]}),(0,y.jsx)(`pre`,{className:C.code,tabIndex:0,role:`region`,"aria-label":e,children:(0,y.jsx)(`code`,{children:T(t).map((e,t)=>(0,y.jsx)(`span`,{"data-kind":e.kind,children:e.text},t))})})]})}var D={page:`_page_sunnh_1`,inner:`_inner_sunnh_5`,head:`_head_sunnh_9`,columns:`_columns_sunnh_20`,main:`_main_sunnh_26`,bar:`_bar_sunnh_29`,list:`_list_sunnh_33`,tab:`_tab_sunnh_36`,steps:`_steps_sunnh_42`,side:`_side_sunnh_48`,where:`_where_sunnh_53`,addresses:`_addresses_sunnh_63`,note:`_note_sunnh_80`},O=e=>e===`localhost`||e.startsWith(`127.`)||e===`[::1]`,k=(e,t)=>`http://${e.host}:${t===`grpc`?e.grpcPort:e.httpPort}`;function A(e,t){return[`export OTEL_SERVICE_NAME="my-service"`,`export OTEL_EXPORTER_OTLP_ENDPOINT="${k(e,t)}"`,`export OTEL_EXPORTER_OTLP_PROTOCOL="${t===`grpc`?`grpc`:`http/protobuf`}"`,`export OTEL_TRACES_EXPORTER=otlp`,`export OTEL_LOGS_EXPORTER=otlp`,`export OTEL_METRICS_EXPORTER=none`].join(`
`)}var j=(e,t)=>A(e,t).replaceAll(/^export (\w+)=(.*)$/gm,(e,t,n)=>`$env:${t} = "${n.replaceAll(`"`,``)}"`),M=(e,t)=>`services:\n  my-service:\n    environment:\n${A({...e,host:O(e.host)?`host.docker.internal`:e.host},t).replaceAll(/^export (\w+)=(.*)$/gm,(e,t,n)=>`      ${t}: "${n.replaceAll(`"`,``)}"`)}\n    extra_hosts:\n      - "host.docker.internal:host-gateway"`,N=e=>`package telemetry

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptrace${e}"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
)

// Start reads OTEL_SERVICE_NAME and OTEL_EXPORTER_OTLP_ENDPOINT.
// Call the function it returns before the program ends.
func Start(ctx context.Context) (func(context.Context) error, error) {
	exporter, err := otlptrace${e}.New(ctx)
	if err != nil {
		return nil, err
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	return provider.Shutdown, nil
}`,P=`using OpenTelemetry;
using OpenTelemetry.Trace;

var builder = WebApplication.CreateBuilder(args);

builder.Services.AddOpenTelemetry()
    .WithTracing(tracing => tracing
        .AddAspNetCoreInstrumentation()
        .AddHttpClientInstrumentation())
    .WithLogging()
    .UseOtlpExporter();`;function F(e,t){let n=t===`grpc`?`otlp_grpc/argus`:`otlp_http/argus`;return`receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 0.0.0.0:14317
      http:
        endpoint: 0.0.0.0:14318

exporters:
  ${n}:
${t===`grpc`?`    endpoint: ${e.host}:${e.grpcPort}\n    tls:\n      insecure: true`:`    endpoint: ${k(e,`http`)}`}

service:
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [${n}]
    logs:
      receivers: [otlp]
      exporters: [${n}]`}var I=e=>`hex() { head -c "$1" /dev/urandom | od -An -tx1 | tr -d ' \\n'; }
now=$(date +%s)
curl -sS -i "${k(e,`http`)}/v1/traces" \\
  -H "Content-Type: application/json" \\
  -d '{"resourceSpans": [{
        "resource": {"attributes": [
          {"key": "service.name", "value": {"stringValue": "curl"}}]},
        "scopeSpans": [{"spans": [{
          "traceId": "'"$(hex 16)"'", "spanId": "'"$(hex 8)"'",
          "name": "hello from curl", "kind": 2,
          "startTimeUnixNano": "'"$((now - 1))"'000000000",
          "endTimeUnixNano": "'"$now"'000000000"}]}]}]}'`;function L(e,t){let n={title:`Tell the SDK where to send`,code:A(e,t)};return[{id:`environment`,label:`Environment`,steps:[{title:`Shell: understood by every OpenTelemetry SDK`,code:A(e,t)},{title:`PowerShell`,code:j(e,t)},{title:`compose.yaml: a container that sends to this machine`,code:M(e,t)}]},{id:`python`,label:`Python`,steps:[{title:`Install`,code:`pip install opentelemetry-distro opentelemetry-exporter-otlp
opentelemetry-bootstrap --action=install`},n,{title:`Run`,code:`opentelemetry-instrument python app.py`}]},{id:`node`,label:`Node.js`,steps:[{title:`Install`,code:`npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node`},n,{title:`Run`,code:`node --require @opentelemetry/auto-instrumentations-node/register app.js`}],note:`Logs written with pino, winston or bunyan are sent along with the traces.`},{id:`java`,label:`Java`,steps:[{title:`Get the agent`,code:`curl -LO https://github.com/open-telemetry/opentelemetry-java-instrumentation/releases/latest/download/opentelemetry-javaagent.jar`},n,{title:`Run`,code:`java -javaagent:opentelemetry-javaagent.jar -jar app.jar`}]},{id:`go`,label:`Go`,steps:[{title:`Install`,code:`go get go.opentelemetry.io/otel go.opentelemetry.io/otel/sdk go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptrace${t}`},n,{title:`Start tracing before anything else`,code:N(t)}]},{id:`dotnet`,label:`.NET`,steps:[{title:`Install`,code:[`OpenTelemetry.Extensions.Hosting`,`OpenTelemetry.Exporter.OpenTelemetryProtocol`,`OpenTelemetry.Instrumentation.AspNetCore`,`OpenTelemetry.Instrumentation.Http`].map(e=>`dotnet add package ${e}`).join(`
`)},n,{title:`Program.cs`,code:P}]},{id:`collector`,label:`Collector`,steps:[{title:`config.yaml`,code:F(e,t)}],note:`The receivers listen on 14317 and 14318 so that the Collector can run beside Argus. Before Collector 0.144 the exporters are named otlphttp and otlp.`},{id:`curl`,label:`curl`,steps:[{title:`One span by hand`,code:I(e)}],note:`Answers 200 and {"partialSuccess":{}} or {} when the span is stored.`}]}function R(){let e=r(a(3e4));return{host:window.location.hostname,grpcPort:e.data?.receivers?.grpc_port??4317,httpPort:e.data?.receivers?.otlp_http_port??4318}}function z({target:e}){let t=[{name:`OTLP over HTTP`,address:`http://${e.host}:${e.httpPort}`},{name:`OTLP over gRPC`,address:`http://${e.host}:${e.grpcPort}`}];return(0,y.jsx)(`dl`,{className:D.addresses,children:t.map(({name:e,address:t})=>(0,y.jsxs)(`div`,{children:[(0,y.jsx)(`dt`,{children:e}),(0,y.jsxs)(`dd`,{children:[(0,y.jsx)(`code`,{children:t}),(0,y.jsx)(n,{text:t,label:`Copy the address for ${e}`})]})]},e))})}function B(){let[n,r]=o(),i=R(),a=s(n.protocol)===`grpc`?`grpc`:`http`,c=L(i,a),l=c.find(e=>e.id===s(n.language))??c[0];return(0,y.jsx)(`div`,{className:D.page,children:(0,y.jsxs)(`div`,{className:D.inner,children:[(0,y.jsxs)(`header`,{className:D.head,children:[(0,y.jsx)(`h1`,{children:`Send data`}),(0,y.jsx)(`p`,{children:`Argus speaks OpenTelemetry. Point any SDK or Collector at one of these addresses; nothing else is needed.`})]}),(0,y.jsxs)(`div`,{className:D.columns,children:[(0,y.jsx)(`div`,{className:D.main,children:(0,y.jsxs)(t,{value:l?.id??null,onChange:e=>r({language:e??void 0}),keepMounted:!1,children:[(0,y.jsx)(`div`,{className:D.bar,children:(0,y.jsx)(t.List,{className:D.list,"aria-label":`Language`,children:c.map(({id:e,label:n})=>(0,y.jsx)(t.Tab,{value:e,className:D.tab,children:n},e))})}),c.map(({id:e,steps:n,note:r})=>(0,y.jsxs)(t.Panel,{value:e,className:D.steps,children:[n.map(e=>(0,y.jsx)(E,{title:e.title,code:e.code},e.title)),r!==void 0&&(0,y.jsx)(`p`,{className:D.note,children:r})]},e))]})}),(0,y.jsxs)(`aside`,{className:D.side,"aria-label":`Arrivals and addresses`,children:[(0,y.jsx)(S,{}),(0,y.jsxs)(`section`,{className:D.where,children:[(0,y.jsx)(`h2`,{children:`Addresses`}),(0,y.jsx)(z,{target:i}),(0,y.jsx)(e,{size:`xs`,fullWidth:!0,"aria-label":`Protocol of the snippets`,data:[{value:`http`,label:`HTTP`},{value:`grpc`,label:`gRPC`}],value:a,onChange:e=>r({protocol:e===`grpc`?`grpc`:void 0})}),(0,y.jsx)(`p`,{className:D.note,children:O(i.host)?`These work on this machine. To receive from others, start Argus with HOST=0.0.0.0 and open this page under the machine's name.`:`The port must be reachable from where your services run.`})]})]})]})]})})}export{B as default};