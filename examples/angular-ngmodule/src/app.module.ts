import { provideHttpClient } from "@angular/common/http";
import { NgModule } from "@angular/core";
import { BrowserModule } from "@angular/platform-browser";
import { PowerBIEmbedModule } from "powerbi-client-angular";
import { ReportComponent } from "./report.component";

@NgModule({
  declarations: [ReportComponent],
  imports: [BrowserModule, PowerBIEmbedModule],
  providers: [provideHttpClient()],
  bootstrap: [ReportComponent],
})
export class AppModule {}
