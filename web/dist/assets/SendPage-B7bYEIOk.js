import{c as e}from"./index-DhWx9AHv.js";import{t}from"./Tabs-CVQTmZL0.js";import{E as n,b as r,c as i,n as a,o,p as s}from"./Service-CKzkH9zk.js";import{t as c}from"./CopyIcon-DG-uaj-A.js";import{Ht as l,a as u,dt as d,n as f,o as p,p as m,s as h}from"./useSearchParams-BOT5ggTS.js";import{t as g}from"./circle-check-1n3sdbPg.js";import{t as _}from"./radio-LSydZgyk.js";var v={name:`arrow-right`,size:24,node:[[`path`,{d:`M5 12h14`,key:`1ays0h`}],[`path`,{d:`m12 5 7 7-7 7`,key:`xquz4c`}]]};v.node;var y=h(v),b={panel:`_panel_1slt4_1`,services:`_services_1slt4_42`,pulse:`_pulse_1slt4_65`},x=l(),S=2e3;function C(e){return e<10?e.toFixed(1):i(e)}function w(){let e=n(r(S)),t=n(s(S)),i=e.data??[],c=i.length>0;return e.isError&&e.data===void 0?(0,x.jsxs)(`section`,{className:b.panel,"data-state":`error`,role:`alert`,children:[(0,x.jsxs)(`h2`,{children:[(0,x.jsx)(p,{size:18,"aria-hidden":`true`}),` Argus cannot be reached`]}),(0,x.jsxs)(`p`,{children:[e.error.message,` Trying again every two seconds.`]})]}):(0,x.jsxs)(`section`,{className:b.panel,"data-state":c?`arrived`:`waiting`,"aria-live":`polite`,children:[(0,x.jsxs)(`h2`,{children:[c?(0,x.jsx)(g,{size:18,"aria-hidden":`true`}):(0,x.jsx)(_,{size:18,className:b.pulse,"aria-hidden":`true`}),c?`Data is arriving`:`Waiting for the first data`]}),!c&&(0,x.jsx)(`p`,{children:`Argus is listening. This panel changes by itself as soon as something arrives.`}),c&&(0,x.jsxs)(x.Fragment,{children:[(0,x.jsxs)(`p`,{children:[o(i.length,`service`),` seen`,t.data!==void 0&&(0,x.jsxs)(x.Fragment,{children:[` · `,(0,x.jsx)(`strong`,{children:C(t.data.ingestion_rate)}),` records/s`]})]}),(0,x.jsx)(`ul`,{className:b.services,children:i.slice(0,40).map(e=>(0,x.jsx)(`li`,{children:(0,x.jsxs)(m,{to:`/traces`,search:{service:e},children:[(0,x.jsx)(a,{name:e}),e]})},e))}),(0,x.jsx)(d,{component:m,to:`/traces`,size:`xs`,rightSection:(0,x.jsx)(y,{size:14}),children:`Look at the traces`})]})]})}var T={block:`_block_90pm1_1`,head:`_head_90pm1_7`,code:`_code_90pm1_17`},E=/(#[^\n{]*$|\/\/[^\n]*$)|("(?:[^"\\\n]|\\.)*")/gm;function D(e){let t=[],n=0;for(let r of e.matchAll(E))r[1]?.startsWith(`//`)&&e[r.index-1]===`:`||(t.push({text:e.slice(n,r.index),kind:`plain`},{text:r[0],kind:r[1]===void 0?`string`:`comment`}),n=r.index+r[0].length);return[...t,{text:e.slice(n),kind:`plain`}]}function O({title:e,code:t}){return(0,x.jsxs)(`figure`,{className:T.block,children:[(0,x.jsxs)(`figcaption`,{className:T.head,children:[(0,x.jsx)(`span`,{children:e}),(0,x.jsx)(c,{text:t,label:`Copy: ${e}`,size:26})]}),(0,x.jsx)(`pre`,{className:T.code,tabIndex:0,role:`region`,"aria-label":e,children:(0,x.jsx)(`code`,{children:D(t).map((e,t)=>(0,x.jsx)(`span`,{"data-kind":e.kind,children:e.text},t))})})]})}var k={page:`_page_sunnh_1`,inner:`_inner_sunnh_5`,head:`_head_sunnh_9`,columns:`_columns_sunnh_20`,main:`_main_sunnh_26`,bar:`_bar_sunnh_29`,list:`_list_sunnh_33`,tab:`_tab_sunnh_36`,steps:`_steps_sunnh_42`,side:`_side_sunnh_48`,where:`_where_sunnh_53`,addresses:`_addresses_sunnh_63`,note:`_note_sunnh_80`},A=e=>e===`localhost`||e.startsWith(`127.`)||e===`[::1]`,j=(e,t)=>`http://${e.host}:${t===`grpc`?e.grpcPort:e.httpPort}`;function M(e,t){return[`export OTEL_SERVICE_NAME="my-service"`,`export OTEL_EXPORTER_OTLP_ENDPOINT="${j(e,t)}"`,`export OTEL_EXPORTER_OTLP_PROTOCOL="${t===`grpc`?`grpc`:`http/protobuf`}"`,`export OTEL_TRACES_EXPORTER=otlp`,`export OTEL_LOGS_EXPORTER=otlp`,`export OTEL_METRICS_EXPORTER=none`].join(`
`)}var N=(e,t)=>M(e,t).replaceAll(/^export (\w+)=(.*)$/gm,(e,t,n)=>`$env:${t} = "${n.replaceAll(`"`,``)}"`),P=(e,t)=>`services:\n  my-service:\n    environment:\n${M({...e,host:A(e.host)?`host.docker.internal`:e.host},t).replaceAll(/^export (\w+)=(.*)$/gm,(e,t,n)=>`      ${t}: "${n.replaceAll(`"`,``)}"`)}\n    extra_hosts:\n      - "host.docker.internal:host-gateway"`,F=e=>`package telemetry

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
}`,I=`using OpenTelemetry;
using OpenTelemetry.Trace;

var builder = WebApplication.CreateBuilder(args);

builder.Services.AddOpenTelemetry()
    .WithTracing(tracing => tracing
        .AddAspNetCoreInstrumentation()
        .AddHttpClientInstrumentation())
    .WithLogging()
    .UseOtlpExporter();`;function L(e,t){let n=t===`grpc`?`otlp_grpc/argus`:`otlp_http/argus`;return`receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 0.0.0.0:14317
      http:
        endpoint: 0.0.0.0:14318

exporters:
  ${n}:
${t===`grpc`?`    endpoint: ${e.host}:${e.grpcPort}\n    tls:\n      insecure: true`:`    endpoint: ${j(e,`http`)}`}

service:
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [${n}]
    logs:
      receivers: [otlp]
      exporters: [${n}]`}var R=e=>`hex() { head -c "$1" /dev/urandom | od -An -tx1 | tr -d ' \\n'; }
now=$(date +%s)
curl -sS -i "${j(e,`http`)}/v1/traces" \\
  -H "Content-Type: application/json" \\
  -d '{"resourceSpans": [{
        "resource": {"attributes": [
          {"key": "service.name", "value": {"stringValue": "curl"}}]},
        "scopeSpans": [{"spans": [{
          "traceId": "'"$(hex 16)"'", "spanId": "'"$(hex 8)"'",
          "name": "hello from curl", "kind": 2,
          "startTimeUnixNano": "'"$((now - 1))"'000000000",
          "endTimeUnixNano": "'"$now"'000000000"}]}]}]}'`;function z(e,t){let n={title:`Tell the SDK where to send`,code:M(e,t)};return[{id:`environment`,label:`Environment`,steps:[{title:`Shell: understood by every OpenTelemetry SDK`,code:M(e,t)},{title:`PowerShell`,code:N(e,t)},{title:`compose.yaml: a container that sends to this machine`,code:P(e,t)}]},{id:`python`,label:`Python`,steps:[{title:`Install`,code:`pip install opentelemetry-distro opentelemetry-exporter-otlp
opentelemetry-bootstrap --action=install`},n,{title:`Run`,code:`opentelemetry-instrument python app.py`}]},{id:`node`,label:`Node.js`,steps:[{title:`Install`,code:`npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node`},n,{title:`Run`,code:`node --require @opentelemetry/auto-instrumentations-node/register app.js`}],note:`Logs written with pino, winston or bunyan are sent along with the traces.`},{id:`java`,label:`Java`,steps:[{title:`Get the agent`,code:`curl -LO https://github.com/open-telemetry/opentelemetry-java-instrumentation/releases/latest/download/opentelemetry-javaagent.jar`},n,{title:`Run`,code:`java -javaagent:opentelemetry-javaagent.jar -jar app.jar`}]},{id:`go`,label:`Go`,steps:[{title:`Install`,code:`go get go.opentelemetry.io/otel go.opentelemetry.io/otel/sdk go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptrace${t}`},n,{title:`Start tracing before anything else`,code:F(t)}]},{id:`dotnet`,label:`.NET`,steps:[{title:`Install`,code:[`OpenTelemetry.Extensions.Hosting`,`OpenTelemetry.Exporter.OpenTelemetryProtocol`,`OpenTelemetry.Instrumentation.AspNetCore`,`OpenTelemetry.Instrumentation.Http`].map(e=>`dotnet add package ${e}`).join(`
`)},n,{title:`Program.cs`,code:I}]},{id:`collector`,label:`Collector`,steps:[{title:`config.yaml`,code:L(e,t)}],note:`The receivers listen on 14317 and 14318 so that the Collector can run beside Argus. Before Collector 0.144 the exporters are named otlphttp and otlp.`},{id:`curl`,label:`curl`,steps:[{title:`One span by hand`,code:R(e)}],note:`Answers 200 and {"partialSuccess":{}} or {} when the span is stored.`}]}function B(){let e=n(s(3e4));return{host:window.location.hostname,grpcPort:e.data?.receivers?.grpc_port??4317,httpPort:e.data?.receivers?.otlp_http_port??4318}}function V({target:e}){let t=[{name:`OTLP over HTTP`,address:`http://${e.host}:${e.httpPort}`},{name:`OTLP over gRPC`,address:`http://${e.host}:${e.grpcPort}`}];return(0,x.jsx)(`dl`,{className:k.addresses,children:t.map(({name:e,address:t})=>(0,x.jsxs)(`div`,{children:[(0,x.jsx)(`dt`,{children:e}),(0,x.jsxs)(`dd`,{children:[(0,x.jsx)(`code`,{children:t}),(0,x.jsx)(c,{text:t,label:`Copy the address for ${e}`})]})]},e))})}function H(){let[n,r]=u(),i=B(),a=f(n.protocol)===`grpc`?`grpc`:`http`,o=z(i,a),s=o.find(e=>e.id===f(n.language))??o[0];return(0,x.jsx)(`div`,{className:k.page,children:(0,x.jsxs)(`div`,{className:k.inner,children:[(0,x.jsxs)(`header`,{className:k.head,children:[(0,x.jsx)(`h1`,{children:`Send data`}),(0,x.jsx)(`p`,{children:`Argus speaks OpenTelemetry. Point any SDK or Collector at one of these addresses; nothing else is needed.`})]}),(0,x.jsxs)(`div`,{className:k.columns,children:[(0,x.jsx)(`div`,{className:k.main,children:(0,x.jsxs)(t,{value:s?.id??null,onChange:e=>r({language:e??void 0}),keepMounted:!1,children:[(0,x.jsx)(`div`,{className:k.bar,children:(0,x.jsx)(t.List,{className:k.list,"aria-label":`Language`,children:o.map(({id:e,label:n})=>(0,x.jsx)(t.Tab,{value:e,className:k.tab,children:n},e))})}),o.map(({id:e,steps:n,note:r})=>(0,x.jsxs)(t.Panel,{value:e,className:k.steps,children:[n.map(e=>(0,x.jsx)(O,{title:e.title,code:e.code},e.title)),r!==void 0&&(0,x.jsx)(`p`,{className:k.note,children:r})]},e))]})}),(0,x.jsxs)(`aside`,{className:k.side,"aria-label":`Arrivals and addresses`,children:[(0,x.jsx)(w,{}),(0,x.jsxs)(`section`,{className:k.where,children:[(0,x.jsx)(`h2`,{children:`Addresses`}),(0,x.jsx)(V,{target:i}),(0,x.jsx)(e,{size:`xs`,fullWidth:!0,"aria-label":`Protocol of the snippets`,data:[{value:`http`,label:`HTTP`},{value:`grpc`,label:`gRPC`}],value:a,onChange:e=>r({protocol:e===`grpc`?`grpc`:void 0})}),(0,x.jsx)(`p`,{className:k.note,children:A(i.host)?`These work on this machine. To receive from others, start Argus with HOST=0.0.0.0 and open this page under the machine's name.`:`The port must be reachable from where your services run.`})]})]})]})]})})}export{H as default};