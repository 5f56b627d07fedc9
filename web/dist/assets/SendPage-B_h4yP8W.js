import{s as e}from"./index-BaVfO1JQ.js";import{t}from"./Tabs-B09auS3x.js";import{c as n,i as r,m as i,n as a,t as o,u as s}from"./count-B3wb488h.js";import{t as c}from"./CopyIcon-Bg-P2x_u.js";import{Bt as l,a as u,ct as d,n as f,o as p,s as m,u as h}from"./useSearchParams-Be6e-k8u.js";var g={name:`arrow-right`,size:24,node:[[`path`,{d:`M5 12h14`,key:`1ays0h`}],[`path`,{d:`m12 5 7 7-7 7`,key:`xquz4c`}]]};g.node;var _=m(g),v={name:`circle-check`,size:24,node:[[`circle`,{cx:`12`,cy:`12`,r:`10`,key:`1mglay`}],[`path`,{d:`m16 9-5.5 5.5L8 12`,key:`xofnsj`}]],aliases:[`check-circle-2`]};v.node;var y=m(v),b={name:`radio`,size:24,node:[[`path`,{d:`M16.247 7.761a6 6 0 0 1 0 8.478`,key:`1fwjs5`}],[`path`,{d:`M19.075 4.933a10 10 0 0 1 0 14.134`,key:`ehdyv1`}],[`path`,{d:`M4.925 19.067a10 10 0 0 1 0-14.134`,key:`1q22gi`}],[`path`,{d:`M7.753 16.239a6 6 0 0 1 0-8.478`,key:`r2q7qm`}],[`circle`,{cx:`12`,cy:`12`,r:`2`,key:`1c9p78`}]]};b.node;var x=m(b),S={panel:`_panel_1slt4_1`,services:`_services_1slt4_42`,pulse:`_pulse_1slt4_65`},C=l(),w=2e3;function T(e){return e<10?e.toFixed(1):a(e)}function E(){let e=i(s(w)),t=i(n(w)),a=e.data??[],c=a.length>0;return e.isError&&e.data===void 0?(0,C.jsxs)(`section`,{className:S.panel,"data-state":`error`,role:`alert`,children:[(0,C.jsxs)(`h2`,{children:[(0,C.jsx)(p,{size:18,"aria-hidden":`true`}),` Argus cannot be reached`]}),(0,C.jsxs)(`p`,{children:[e.error.message,` Trying again every two seconds.`]})]}):(0,C.jsxs)(`section`,{className:S.panel,"data-state":c?`arrived`:`waiting`,"aria-live":`polite`,children:[(0,C.jsxs)(`h2`,{children:[c?(0,C.jsx)(y,{size:18,"aria-hidden":`true`}):(0,C.jsx)(x,{size:18,className:S.pulse,"aria-hidden":`true`}),c?`Data is arriving`:`Waiting for the first data`]}),!c&&(0,C.jsx)(`p`,{children:`Argus is listening. This panel changes by itself as soon as something arrives.`}),c&&(0,C.jsxs)(C.Fragment,{children:[(0,C.jsxs)(`p`,{children:[o(a.length,`service`),` seen`,t.data!==void 0&&(0,C.jsxs)(C.Fragment,{children:[` · `,(0,C.jsx)(`strong`,{children:T(t.data.ingestion_rate)}),` records/s`]})]}),(0,C.jsx)(`ul`,{className:S.services,children:a.slice(0,40).map(e=>(0,C.jsx)(`li`,{children:(0,C.jsxs)(h,{to:`/traces`,search:{service:e},children:[(0,C.jsx)(r,{name:e}),e]})},e))}),(0,C.jsx)(d,{component:h,to:`/traces`,size:`xs`,rightSection:(0,C.jsx)(_,{size:14}),children:`Look at the traces`})]})]})}var D={block:`_block_90pm1_1`,head:`_head_90pm1_7`,code:`_code_90pm1_17`},O=/(#[^\n{]*$|\/\/[^\n]*$)|("(?:[^"\\\n]|\\.)*")/gm;function k(e){let t=[],n=0;for(let r of e.matchAll(O))r[1]?.startsWith(`//`)&&e[r.index-1]===`:`||(t.push({text:e.slice(n,r.index),kind:`plain`},{text:r[0],kind:r[1]===void 0?`string`:`comment`}),n=r.index+r[0].length);return[...t,{text:e.slice(n),kind:`plain`}]}function A({title:e,code:t}){return(0,C.jsxs)(`figure`,{className:D.block,children:[(0,C.jsxs)(`figcaption`,{className:D.head,children:[(0,C.jsx)(`span`,{children:e}),(0,C.jsx)(c,{text:t,label:`Copy: ${e}`,size:26})]}),(0,C.jsx)(`pre`,{className:D.code,tabIndex:0,role:`region`,"aria-label":e,children:(0,C.jsx)(`code`,{children:k(t).map((e,t)=>(0,C.jsx)(`span`,{"data-kind":e.kind,children:e.text},t))})})]})}var j={page:`_page_sunnh_1`,inner:`_inner_sunnh_5`,head:`_head_sunnh_9`,columns:`_columns_sunnh_20`,main:`_main_sunnh_26`,bar:`_bar_sunnh_29`,list:`_list_sunnh_33`,tab:`_tab_sunnh_36`,steps:`_steps_sunnh_42`,side:`_side_sunnh_48`,where:`_where_sunnh_53`,addresses:`_addresses_sunnh_63`,note:`_note_sunnh_80`},M=e=>e===`localhost`||e.startsWith(`127.`)||e===`[::1]`,N=(e,t)=>`http://${e.host}:${t===`grpc`?e.grpcPort:e.httpPort}`;function P(e,t){return[`export OTEL_SERVICE_NAME="my-service"`,`export OTEL_EXPORTER_OTLP_ENDPOINT="${N(e,t)}"`,`export OTEL_EXPORTER_OTLP_PROTOCOL="${t===`grpc`?`grpc`:`http/protobuf`}"`,`export OTEL_TRACES_EXPORTER=otlp`,`export OTEL_LOGS_EXPORTER=otlp`,`export OTEL_METRICS_EXPORTER=none`].join(`
`)}var F=(e,t)=>P(e,t).replaceAll(/^export (\w+)=(.*)$/gm,(e,t,n)=>`$env:${t} = "${n.replaceAll(`"`,``)}"`),I=(e,t)=>`services:\n  my-service:\n    environment:\n${P({...e,host:M(e.host)?`host.docker.internal`:e.host},t).replaceAll(/^export (\w+)=(.*)$/gm,(e,t,n)=>`      ${t}: "${n.replaceAll(`"`,``)}"`)}\n    extra_hosts:\n      - "host.docker.internal:host-gateway"`,L=e=>`package telemetry

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
}`,R=`using OpenTelemetry;
using OpenTelemetry.Trace;

var builder = WebApplication.CreateBuilder(args);

builder.Services.AddOpenTelemetry()
    .WithTracing(tracing => tracing
        .AddAspNetCoreInstrumentation()
        .AddHttpClientInstrumentation())
    .WithLogging()
    .UseOtlpExporter();`;function z(e,t){let n=t===`grpc`?`otlp_grpc/argus`:`otlp_http/argus`;return`receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 0.0.0.0:14317
      http:
        endpoint: 0.0.0.0:14318

exporters:
  ${n}:
${t===`grpc`?`    endpoint: ${e.host}:${e.grpcPort}\n    tls:\n      insecure: true`:`    endpoint: ${N(e,`http`)}`}

service:
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [${n}]
    logs:
      receivers: [otlp]
      exporters: [${n}]`}var B=e=>`hex() { head -c "$1" /dev/urandom | od -An -tx1 | tr -d ' \\n'; }
now=$(date +%s)
curl -sS -i "${N(e,`http`)}/v1/traces" \\
  -H "Content-Type: application/json" \\
  -d '{"resourceSpans": [{
        "resource": {"attributes": [
          {"key": "service.name", "value": {"stringValue": "curl"}}]},
        "scopeSpans": [{"spans": [{
          "traceId": "'"$(hex 16)"'", "spanId": "'"$(hex 8)"'",
          "name": "hello from curl", "kind": 2,
          "startTimeUnixNano": "'"$((now - 1))"'000000000",
          "endTimeUnixNano": "'"$now"'000000000"}]}]}]}'`;function V(e,t){let n={title:`Tell the SDK where to send`,code:P(e,t)};return[{id:`environment`,label:`Environment`,steps:[{title:`Shell: understood by every OpenTelemetry SDK`,code:P(e,t)},{title:`PowerShell`,code:F(e,t)},{title:`compose.yaml: a container that sends to this machine`,code:I(e,t)}]},{id:`python`,label:`Python`,steps:[{title:`Install`,code:`pip install opentelemetry-distro opentelemetry-exporter-otlp
opentelemetry-bootstrap --action=install`},n,{title:`Run`,code:`opentelemetry-instrument python app.py`}]},{id:`node`,label:`Node.js`,steps:[{title:`Install`,code:`npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node`},n,{title:`Run`,code:`node --require @opentelemetry/auto-instrumentations-node/register app.js`}],note:`Logs written with pino, winston or bunyan are sent along with the traces.`},{id:`java`,label:`Java`,steps:[{title:`Get the agent`,code:`curl -LO https://github.com/open-telemetry/opentelemetry-java-instrumentation/releases/latest/download/opentelemetry-javaagent.jar`},n,{title:`Run`,code:`java -javaagent:opentelemetry-javaagent.jar -jar app.jar`}]},{id:`go`,label:`Go`,steps:[{title:`Install`,code:`go get go.opentelemetry.io/otel go.opentelemetry.io/otel/sdk go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptrace${t}`},n,{title:`Start tracing before anything else`,code:L(t)}]},{id:`dotnet`,label:`.NET`,steps:[{title:`Install`,code:[`OpenTelemetry.Extensions.Hosting`,`OpenTelemetry.Exporter.OpenTelemetryProtocol`,`OpenTelemetry.Instrumentation.AspNetCore`,`OpenTelemetry.Instrumentation.Http`].map(e=>`dotnet add package ${e}`).join(`
`)},n,{title:`Program.cs`,code:R}]},{id:`collector`,label:`Collector`,steps:[{title:`config.yaml`,code:z(e,t)}],note:`The receivers listen on 14317 and 14318 so that the Collector can run beside Argus. Before Collector 0.144 the exporters are named otlphttp and otlp.`},{id:`curl`,label:`curl`,steps:[{title:`One span by hand`,code:B(e)}],note:`Answers 200 and {"partialSuccess":{}} or {} when the span is stored.`}]}function H(){let e=i(n(3e4));return{host:window.location.hostname,grpcPort:e.data?.receivers?.grpc_port??4317,httpPort:e.data?.receivers?.otlp_http_port??4318}}function U({target:e}){let t=[{name:`OTLP over HTTP`,address:`http://${e.host}:${e.httpPort}`},{name:`OTLP over gRPC`,address:`http://${e.host}:${e.grpcPort}`}];return(0,C.jsx)(`dl`,{className:j.addresses,children:t.map(({name:e,address:t})=>(0,C.jsxs)(`div`,{children:[(0,C.jsx)(`dt`,{children:e}),(0,C.jsxs)(`dd`,{children:[(0,C.jsx)(`code`,{children:t}),(0,C.jsx)(c,{text:t,label:`Copy the address for ${e}`})]})]},e))})}function W(){let[n,r]=u(),i=H(),a=f(n.protocol)===`grpc`?`grpc`:`http`,o=V(i,a),s=o.find(e=>e.id===f(n.language))??o[0];return(0,C.jsx)(`div`,{className:j.page,children:(0,C.jsxs)(`div`,{className:j.inner,children:[(0,C.jsxs)(`header`,{className:j.head,children:[(0,C.jsx)(`h1`,{children:`Send data`}),(0,C.jsx)(`p`,{children:`Argus speaks OpenTelemetry. Point any SDK or Collector at one of these addresses; nothing else is needed.`})]}),(0,C.jsxs)(`div`,{className:j.columns,children:[(0,C.jsx)(`div`,{className:j.main,children:(0,C.jsxs)(t,{value:s?.id??null,onChange:e=>r({language:e??void 0}),keepMounted:!1,children:[(0,C.jsx)(`div`,{className:j.bar,children:(0,C.jsx)(t.List,{className:j.list,"aria-label":`Language`,children:o.map(({id:e,label:n})=>(0,C.jsx)(t.Tab,{value:e,className:j.tab,children:n},e))})}),o.map(({id:e,steps:n,note:r})=>(0,C.jsxs)(t.Panel,{value:e,className:j.steps,children:[n.map(e=>(0,C.jsx)(A,{title:e.title,code:e.code},e.title)),r!==void 0&&(0,C.jsx)(`p`,{className:j.note,children:r})]},e))]})}),(0,C.jsxs)(`aside`,{className:j.side,"aria-label":`Arrivals and addresses`,children:[(0,C.jsx)(E,{}),(0,C.jsxs)(`section`,{className:j.where,children:[(0,C.jsx)(`h2`,{children:`Addresses`}),(0,C.jsx)(U,{target:i}),(0,C.jsx)(e,{size:`xs`,fullWidth:!0,"aria-label":`Protocol of the snippets`,data:[{value:`http`,label:`HTTP`},{value:`grpc`,label:`gRPC`}],value:a,onChange:e=>r({protocol:e===`grpc`?`grpc`:void 0})}),(0,C.jsx)(`p`,{className:j.note,children:M(i.host)?`These work on this machine. To receive from others, start Argus with HOST=0.0.0.0 and open this page under the machine's name.`:`The port must be reachable from where your services run.`})]})]})]})]})})}export{W as default};