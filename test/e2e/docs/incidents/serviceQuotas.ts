import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

const QUOTA = { QuotaCode: "L-TEST0001", QuotaName: "GetParametersForImport request rate", Value: 1 };

/** As much of AWS Service Quotas as a request for a higher quota needs: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/ */
export class ServiceQuotas {
  /** What was asked for. */
  readonly requested: unknown[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ServiceQuotas> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const quotas = new ServiceQuotas(server);
    server.on("request", async (request, response) => {
      const input = JSON.parse(Buffer.concat(await request.toArray()).toString());
      const operation = String(request.headers["x-amz-target"]).split(".")[1];
      if (operation === "RequestServiceQuotaIncrease") quotas.requested.push(input);
      const answers: Record<string, object> = {
        ListServiceQuotas: { Quotas: [{ ...QUOTA, QuotaCode: "L-OTHER", QuotaName: "other" }, QUOTA] },
        RequestServiceQuotaIncrease: { RequestedQuota: { Id: "1", Status: "PENDING" } },
      };
      response.setHeader("content-type", "application/x-amz-json-1.1");
      response.end(JSON.stringify(answers[operation!]));
    });
    return quotas;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
  }
}
