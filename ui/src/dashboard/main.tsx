// The dashboard page.

import { createRoot } from 'react-dom/client'
import '../shared/base.css'
import { App } from './App.tsx'
import './dashboard.css'
import { DashboardStore } from './store.ts'

const root = document.getElementById('root')
if (root) createRoot(root).render(<App store={new DashboardStore()} />)
