/** Owns the providers around the pages. */
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./fonts.css";
import "./mantine.css";
import "./theme.css";
import { makeQueryClient } from "./api/queryClient";
import { fetchPage, makeRouter } from "./routes";
import { theme } from "./theme";

const client = makeQueryClient();
fetchPage(location.pathname, client);
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <RouterProvider router={makeRouter()} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
